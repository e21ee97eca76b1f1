"""`DeviceMenu`: what should compute, and whether in a process of its own."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from app.settings import Settings
from app.training.training_controller import TrainingController
from models.training.events import Device, Ready

AUTOMATIC = "auto"


class DeviceMenu(QObject):
    """Fills a menu with the devices that there are. Another choice gives the window another engine."""

    def __init__(
        self, menu: QMenu, isolate: QAction, settings: Settings, training: TrainingController, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._menu = menu
        self._settings = settings
        self._training = training
        self._isolate = isolate
        self._group: QActionGroup | None = None
        self._fill(())
        isolate.setChecked(settings.isolate_training)
        isolate.toggled.connect(self._isolate_training)
        training.event_received.connect(self._follow)
        training.state_changed.connect(self._refresh)
        self._refresh()

    def _follow(self, event: object) -> None:
        if isinstance(event, Ready):
            self._fill(event.devices)
            self._refresh()

    def _fill(self, devices: tuple[Device, ...]) -> None:
        self._menu.clear()
        if self._group is not None:
            self._group.deleteLater()
        self._group = QActionGroup(self)
        chosen = self._settings.device
        for name, text, tip in choices(devices, chosen):
            action = QAction(text, self._group)
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.setToolTip(tip)
            action.triggered.connect(lambda _=False, name=name: self._choose(name))
            self._menu.addAction(action)

    def _choose(self, name: str) -> None:
        if name != self._settings.device:
            self._settings.device = name
            self._training.renew_engine()

    def _isolate_training(self, wanted: bool) -> None:
        if wanted != self._settings.isolate_training:
            self._settings.isolate_training = wanted
            self._training.renew_engine()

    def _refresh(self) -> None:
        """A run under way keeps its engine."""
        self._menu.setEnabled(not self._training.is_busy)
        self._isolate.setEnabled(not self._training.is_busy)


def choices(devices: tuple[Device, ...], chosen: str) -> list[tuple[str, str, str]]:
    """What can be chosen, each with its name, its text and a tooltip; what is chosen and not there comes last."""
    gpus = [device for device in devices if device.name.startswith("GPU")]
    found = [
        (AUTOMATIC, "Automatic", "The first GPU where there is one, else the processor"),
        ("CPU", "Processor (CPU)", "Compute on the processor alone"),
        *((gpu.name, f"{gpu.text} ({gpu.name})", "Compute on this GPU") for gpu in gpus),
    ]
    if len(gpus) > 1:
        names = ",".join(gpu.name for gpu in gpus)
        found.append((names, f"All {len(gpus)} GPUs", "Every batch is divided among the GPUs"))
    if chosen not in [name for name, _, _ in found]:
        found.append((chosen, f"{chosen} (not there)", "This device was chosen, and is not there now"))
    return found
