"""The fault campaign: damaged and hostile inputs, odd values and kills, and what came of each.

`scripts/faults` runs it; a small share is in the suite. A subject (`subjects/`) makes inputs of one kind from
a seed; `workers` runs each in a process that is watched; `campaign` draws them; `kills` kills trainings.
"""
