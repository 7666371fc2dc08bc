"""How a record comes into the store and how that is known: outbox, MQTT, recorder."""
