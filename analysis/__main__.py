"""``python -m analysis`` is the command ``reliefbook``."""

from analysis.cli import main

main()
