"""The adaptive test: a bank of items, a belief about a person, the next question, the report. Pure: no clock, no
disk, no dice."""

from engine.adaptive.assessment import Assessment
from engine.adaptive.bank import Bank, compile_bank
from engine.adaptive.doubt import Doubt
from engine.adaptive.framework import Framework, compile_framework
from engine.adaptive.posterior import Prior
from engine.adaptive.report import LevelEstimate, Report, TrailEntry
from engine.adaptive.selection import Choice, Reason
from engine.adaptive.stopping import ABC_DIAG, Policy, StopReason

__all__ = [
    "ABC_DIAG",
    "Assessment",
    "Bank",
    "Choice",
    "Doubt",
    "Framework",
    "LevelEstimate",
    "Policy",
    "Prior",
    "Reason",
    "Report",
    "StopReason",
    "TrailEntry",
    "compile_bank",
    "compile_framework",
]
