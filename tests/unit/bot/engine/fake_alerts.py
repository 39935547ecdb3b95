"""What the engine's parts alert the owners of, without posting anything."""

from bot.jobs.alerts import AlertKind, Identity, Present, is_gone
from bot.jobs.database import StoreUnavailableError


class FakeAlerts:
    """`rung` has the kinds in the order of the alerts, `ended` those whose cause was gone after one."""

    def __init__(self) -> None:
        self.rung: list[AlertKind] = []
        self.ended: list[AlertKind] = []
        self._lasting = set[Identity]()

    def alert(self, kind: AlertKind, subject: str = "", **_named: str | float) -> None:
        self.rung.append(kind)
        self._lasting.add(Identity(kind, subject))

    def alert_here(self, kind: AlertKind, **_named: str | float) -> None:
        self.alert(kind)

    def alert_store(self, _error: StoreUnavailableError) -> None:
        self.alert(AlertKind.STORE)

    def over(self, kind: AlertKind, subject: str = "") -> None:
        if Identity(kind, subject) in self._lasting:
            self._lasting.discard(Identity(kind, subject))
            self.ended.append(kind)

    def end_gone(self, present: Present) -> None:
        for about in tuple(self._lasting):
            if is_gone(about, present):
                self.over(*about)

    def over_here(self, kind: AlertKind) -> None:
        self.over(kind)

    def lasts(self, kind: AlertKind, subject: str | None = None) -> bool:
        return any(one.kind is kind and subject in (None, one.subject) for one in self._lasting)

    def lasts_here(self, kind: AlertKind) -> bool:
        return self.lasts(kind, "")
