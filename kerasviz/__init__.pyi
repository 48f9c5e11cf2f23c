# The public names, each from the room that defines it: `__init__.py` reads this list and imports a name when
# it is first used; editors and type checkers read it as it stands.

from . import (
    classification,
    data,
    dataset_jobs,
    embeddings,
    errors,
    events,
    explanation,
    film,
    images,
    layer_filters,
    maximization,
    models,
    pictures,
    probe,
    report,
    training,
    trust,
    watch,
)
from ._version import __version__
from .dataset_jobs import (
    explain_dataset,
    explain_shard,
    open_explanations,
)
from .embeddings import (
    embed,
    write_projector,
)
from .events import (
    open_log,
)
from .explanation import (
    Explanation,
    Method,
    Probe,
    explain,
    explain_outputs,
    methods,
    smooth,
)
from .film import (
    animate,
)
from .images import (
    PictureForm,
    read_image,
    read_images,
)
from .layer_filters import (
    kernel_figure,
)
from .maximization import (
    Search,
    class_logit,
    direction_activation,
    filter_activation,
    maximize,
    neuron_activation,
)
from .models import (
    class_names,
    load_model,
)
from .pictures import (
    Scale,
    overlay,
)
from .probe import (
    class_score,
    clear_caches,
    layers,
    region_score,
    top_class,
)
from .report import (
    write_report,
)
from .trust import (
    Evaluator,
    sanity_check,
)
from .watch import (
    Evolution,
    TrainingLog,
)

__all__ = [
    "Evaluator",
    "Evolution",
    "Explanation",
    "Method",
    "PictureForm",
    "Probe",
    "Scale",
    "Search",
    "TrainingLog",
    "__version__",
    "animate",
    "class_logit",
    "class_names",
    "class_score",
    "classification",
    "clear_caches",
    "data",
    "dataset_jobs",
    "direction_activation",
    "embed",
    "embeddings",
    "errors",
    "events",
    "explain",
    "explain_dataset",
    "explain_outputs",
    "explain_shard",
    "explanation",
    "film",
    "filter_activation",
    "images",
    "kernel_figure",
    "layer_filters",
    "layers",
    "load_model",
    "maximization",
    "maximize",
    "methods",
    "models",
    "neuron_activation",
    "open_explanations",
    "open_log",
    "overlay",
    "pictures",
    "probe",
    "read_image",
    "read_images",
    "region_score",
    "report",
    "sanity_check",
    "smooth",
    "top_class",
    "training",
    "trust",
    "watch",
    "write_projector",
    "write_report",
]
