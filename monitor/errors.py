"""The errors of the monitor stage; each message tells the wearer what to do."""


class MonitorError(Exception):
    """Root of every error that this stage raises on purpose."""


class ScheduleError(MonitorError):
    """A range of hours or a date that cannot be read.

    Attributes:
        text: what was written.
    """

    def __init__(self, text: str, advice: str) -> None:
        super().__init__(f"{text!r}: {advice}")
        self.text = text


class DrillPackError(MonitorError):
    """A drill pack that does not keep to its schema.

    Attributes:
        path: the file.
        line: 1-based line of the first violation, or None where the file has none to name.
    """

    def __init__(self, path: str, line: int | None, why: str) -> None:
        super().__init__(f"{path}{'' if line is None else f':{line}'}: {why}")
        self.path = path
        self.line = line
