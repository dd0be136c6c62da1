"""The adaptive test: a bank of items, a belief about a person, the next question, the report. Pure: no clock, no
disk, no dice."""

from engine.adaptive.assessment import Assessment
from engine.adaptive.bank import Bank, compile_bank
from engine.adaptive.doubt import Doubt
from engine.adaptive.framework import Framework, compile_framework
from engine.adaptive.policies import ABC_DIAG, POLICIES
from engine.adaptive.posterior import Prior
from engine.adaptive.report import Certifiability, LevelEstimate, Report, ReportRules, TrailEntry
from engine.adaptive.selection import Choice, Reason
from engine.adaptive.stopping import Policy, StopReason

__all__ = [
    "ABC_DIAG",
    "POLICIES",
    "Assessment",
    "Bank",
    "Certifiability",
    "Choice",
    "Doubt",
    "Framework",
    "LevelEstimate",
    "Policy",
    "Prior",
    "Reason",
    "Report",
    "ReportRules",
    "StopReason",
    "TrailEntry",
    "compile_bank",
    "compile_framework",
]
