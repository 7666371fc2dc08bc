"""Public holidays from the optional `holidays` package."""

from __future__ import annotations

import importlib
import logging
from datetime import date

from monitor.schedule import IsHoliday, no_holiday

logger = logging.getLogger(__name__)


def holiday_rule(code: str) -> IsHoliday:
    """Return what knows the public holidays of a country ("DE") or a part of it ("DE-BY").

    Without a code, without the package, or for a code it does not know, no day is a holiday; the
    last two are logged.
    """
    if not code:
        return no_holiday
    country, _, part = code.partition("-")
    try:
        package = importlib.import_module("holidays")
        calendar = package.country_holidays(country, subdiv=part or None)
    except ImportError:
        logger.warning("schedule.holidays needs the holidays package: pip install lumbar[holidays]")
        return no_holiday
    except NotImplementedError as error:
        logger.warning("schedule.holidays = %r is not known: %s", code, error)
        return no_holiday

    def is_holiday(day: date) -> bool:
        return day in calendar

    return is_holiday
