import pytest
from recordings import HEADER, day_events

from sensor.recording import RecordingWriter


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "day.lumbar"
    with RecordingWriter(path, HEADER) as writer:
        for event in day_events():
            writer.write(event)
    return path
