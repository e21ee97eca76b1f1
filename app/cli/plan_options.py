"""`--preset` and `--set`: the plan that a run is started with, where it is not the project's own."""

from __future__ import annotations

from dataclasses import dataclass

from app.cli.errors import CommandError, tell
from app.settings_paths import presets_folder
from models.analysis import analyse
from models.network.graph import Network
from models.network.project import Project
from models.training.plan import TrainingPlan
from models.training.plan_settings import PlanError, preset_named, with_settings
from models.training.presets import built_in_presets, read_presets


@dataclass(frozen=True)
class PlanOptions:
    """How a run is planned where that is not the project's own plan: preset first, then settings, then the rest.

    Attributes:
        settings: each as `FIELD=VALUE`.
    """

    preset: str | None = None
    settings: tuple[str, ...] = ()
    epochs: int | None = None
    seed: int | None = None

    def applied(self, project: Project) -> Project:
        """A project with its plan changed. Raises CommandError."""
        try:
            plan = with_settings(self._with_preset(project.plan, project.network), self.settings)
        except PlanError as error:
            raise CommandError(str(error)) from error
        given = {key: value for key, value in (("epochs", self.epochs), ("seed", self.seed)) if value is not None}
        return project.replace(plan=plan.replace(**given))

    def _with_preset(self, plan: TrainingPlan, network: Network) -> TrainingPlan:
        if self.preset is None:
            return plan
        kept = read_presets(presets_folder())
        for mistake in kept.mistakes:
            tell(f"a preset was passed over: {mistake}")
        own = [preset for preset, _path in kept.presets]
        return preset_named(self.preset, [*own, *built_in_presets()]).applied(plan, weighty_nodes(network))


def weighty_nodes(network: Network) -> list[str]:
    """The blocks that have weights, from the input on."""
    known = analyse(network).nodes
    return [node.id for node in network.nodes if known[node.id].weights]
