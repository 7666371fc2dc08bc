"""Two stores behind one contract: SQLite and InfluxDB 2."""
