"""A graphics view that zooms and pans, with a zoom control and a minimap over it. It knows nothing of networks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView

from widgets.canvas.overlays import Minimap, ZoomControl
from widgets.theme import Theme

SMALLEST, LARGEST = 0.2, 3.0
"""A network that needs it is shown smaller still."""
DOTS_FROM = 0.4
"""Zoom below which the background's dots would be a haze."""
STEP = 1.2
DOTS = 24
"""Distance of the background's dots, in pixels at 100 %."""
INSET = 12


class ZoomView(QGraphicsView):
    """Middle-drag or space-drag pans, Ctrl+wheel zooms at the pointer, F fits.

    Signals:
        view_changed: another part of the scene is in view, or at another scale.
    """

    view_changed = Signal()

    def __init__(self, scene: QGraphicsScene, theme: Theme) -> None:
        super().__init__(scene)
        self._theme = theme
        self._pan_from: QPoint | None = None
        self._space = False
        self._middle = 0.0
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.viewport().setMouseTracking(True)
        # Children of the view, not of the viewport, which carries its children along when it scrolls.
        self.zoom_control = ZoomControl(self)
        self.minimap = Minimap(self)
        self.zoom_control.out_clicked.connect(self.zoom_out)
        self.zoom_control.reset_clicked.connect(self.zoom_reset)
        self.zoom_control.in_clicked.connect(self.zoom_in)
        self.zoom_control.fit_clicked.connect(self.fit)
        self.minimap.panned.connect(lambda point: self.centerOn(point))
        scene.sceneRectChanged.connect(self._on_scene_changed)
        self._apply_theme()

    # --- zoom -------------------------------------------------------------------------------------------------------
    @property
    def zoom(self) -> float:
        """1.0 for 100 %."""
        return self.transform().m11()

    def zoom_in(self) -> None:
        self.set_zoom(self.zoom * STEP)

    def zoom_out(self) -> None:
        self.set_zoom(self.zoom / STEP)

    def zoom_reset(self) -> None:
        self.set_zoom(1.0)

    def fit(self) -> None:
        """Show the whole scene, but never larger than 100 %."""
        self.set_zoom(self._fitting())
        self.centerOn(self.sceneRect().center())

    def _fitting(self) -> float:
        size, whole = self.viewport().size(), self.sceneRect()
        return min(1.0, size.width() / max(whole.width(), 1.0), size.height() / max(whole.height(), 1.0))

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom, keeping the scene under a point of the viewport (None: its middle) in place."""
        zoom = min(max(zoom, min(SMALLEST, self._fitting())), LARGEST)
        anchor = at if at is not None else QPointF(self.viewport().rect().center())
        before = self.mapToScene(anchor.toPoint())
        self.resetTransform()
        self.scale(zoom, zoom)
        moved = self.mapFromScene(before) - anchor.toPoint()
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + moved.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + moved.y())
        self.zoom_control.set_zoom(zoom)
        self._on_view_changed()

    def visible_rect(self) -> QRectF:
        """The part of the scene in view."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def show_start(self) -> None:
        """Scroll to the top, with the scene's x = 0 in the middle."""
        self._center_on(0.0)
        self.verticalScrollBar().setValue(self.verticalScrollBar().minimum())

    def _center_on(self, x: float) -> None:
        """Scroll sideways; the height stays."""
        shift = self.mapFromScene(QPointF(x, 0)).x() - self.viewport().width() // 2
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + shift)

    def _on_scene_changed(self) -> None:
        self._on_view_changed()
        self._place_overlays()

    def _on_view_changed(self) -> None:
        self._middle = self.visible_rect().center().x()
        self.minimap.set_view(self.sceneRect(), self.visible_rect())
        self.view_changed.emit()

    # --- theme ------------------------------------------------------------------------------------------------------
    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._apply_theme()

    def _apply_theme(self) -> None:
        color = self._theme.background
        self.setStyleSheet(f"QGraphicsView, QGraphicsView::corner {{ background: {color}; border: none; }}")
        self.zoom_control.set_theme(self._theme)
        self.minimap.set_theme(self._theme)
        self.viewport().update()

    # --- events -----------------------------------------------------------------------------------------------------
    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self.zoom * 1.0015 ** event.angleDelta().y(), event.position())
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._pan_from = event.position().toPoint()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is None:
            return
        position = event.position().toPoint()
        moved, self._pan_from = position - self._pan_from, position
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - moved.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            self._pan_from = None
            self._show_hand()

    @property
    def is_panning(self) -> bool:
        return self._pan_from is not None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self._show_hand()
        elif event.key() == Qt.Key.Key_F and not event.modifiers():
            self.fit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_hand()
        super().keyReleaseEvent(event)

    def _show_hand(self) -> None:
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._on_view_changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        middle = self._middle
        super().resizeEvent(event)
        self._center_on(middle)
        self._place_overlays()
        self._on_view_changed()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place_overlays()
        return super().event(event)

    def _place_overlays(self) -> None:
        area = self.viewport().geometry()
        self.minimap.fit_room()
        self.zoom_control.adjustSize()
        self.zoom_control.move(area.left() + INSET, area.bottom() - self.zoom_control.height() - INSET)
        self.minimap.move(area.right() - self.minimap.width() - INSET, area.bottom() - self.minimap.height() - INSET)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        painter.fillRect(rect, self._theme.color("background"))
        if self.zoom < DOTS_FROM:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # smooth dots smear
        dots = QPen(self._theme.color("line"), 1.5)
        dots.setCosmetic(True)
        painter.setPen(dots)
        columns = range(int(rect.left()) // DOTS, int(rect.right()) // DOTS + 1)
        rows = range(int(rect.top()) // DOTS, int(rect.bottom()) // DOTS + 1)
        painter.drawPoints([QPointF(x * DOTS, y * DOTS) for x in columns for y in rows])
