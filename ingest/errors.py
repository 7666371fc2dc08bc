"""The errors of the ingest stage; each message tells the wearer what to do."""


class IngestError(Exception):
    """Root of every error that this stage raises on purpose."""


class BadPayloadError(IngestError):
    """A message that does not keep to its schema; it is counted and dead-lettered, never trusted.

    Attributes:
        topic: where it arrived.
        why: the first violation, in words.
    """

    def __init__(self, topic: str, why: str) -> None:
        super().__init__(f"{topic}: {why}")
        self.topic = topic
        self.why = why


class StoreError(IngestError):
    """Root of what can go wrong when writing to or reading from a store."""


class StoreUnavailableError(StoreError):
    """The store cannot be written now (locked, down, full, read-only): keep the records, try again.

    Attributes:
        advice: what the wearer can do about it.
    """

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}: {advice}")
        self.advice = advice


class StoreRefusedError(StoreError):
    """The store will not take it until somebody changes a setting (token, bucket, schema)."""


class BrokerError(IngestError):
    """The broker cannot be started or reached; the message says what to do."""
