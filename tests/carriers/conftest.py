"""Hypothesis here: no deadline (machines are shared), no explain phase (it traces every line)."""

from hypothesis import Phase, settings

settings.register_profile(
    "klat",
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink),
)
settings.load_profile("klat")
