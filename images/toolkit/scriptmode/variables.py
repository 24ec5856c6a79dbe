"""The SM_* variables by which a script learns about its job."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from scriptmode.contract import Job, Paths
from scriptmode.hyperparameters import Hyperparameters, arguments, as_text

VARIABLE_LIMIT = 120_000
"""The kernel takes no variable of 128 KiB; a longer one is left out."""


def describe(job: Job, given: Hyperparameters, paths: Paths) -> dict[str, Any]:
    """What SageMaker's toolkit calls the training environment, in its own names."""
    resources = job.resources
    groups = resources.groups
    program = given.toolkit.get("sagemaker_program")
    cpus = os.environ.get("SM_NUM_CPUS", "")
    distributed = [resources.group] if is_distributed(given.framework) else []
    return {
        "hosts": resources.hosts,
        "network_interface_name": resources.interface,
        "hps": given.user,
        "user_entry_point": program,
        "framework_params": given.framework,
        "resource_config": resources.raw,
        "input_data_config": job.channels,
        "output_data_dir": str(paths.output_data),
        "channels": sorted(job.channels),
        "current_host": resources.current_host,
        "current_instance_type": resources.instance_type,
        "current_instance_group": resources.group,
        "current_instance_group_hosts": groups.get(resources.group, {}).get("hosts", []),
        "instance_groups": list(groups),
        "instance_groups_dict": groups,
        "distribution_instance_groups": given.framework.get(
            "sagemaker_distribution_instance_groups", distributed
        ),
        "is_hetero": len(groups) > 1,
        "module_name": re.sub(r"\.py$", "", str(program)) if program else None,
        "log_level": given.toolkit.get("sagemaker_container_log_level", 20),
        "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
        "input_dir": str(paths.input),
        "input_config_dir": str(paths.config),
        "output_dir": str(paths.output),
        "num_cpus": int(cpus) if cpus.isdigit() else processors(),
        "num_gpus": 0,
        "num_neurons": 0,
        "model_dir": str(paths.model),
        "module_dir": str(given.toolkit.get("sagemaker_submit_directory", paths.code)),
        "output_intermediate_dir": str(paths.intermediate),
    }


def is_distributed(framework: Mapping[str, Any]) -> bool:
    """Whether any kind of distributed training is asked for."""
    return any(name.endswith("_enabled") and value for name, value in framework.items())


def processors() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def variables(job: Job, given: Hyperparameters, paths: Paths) -> dict[str, str]:
    """The variables, SM_TRAINING_ENV with everything in it among them."""
    facts = describe(job, given, paths)
    channel_dirs = {name: str(paths.channel(name)) for name in job.channels}
    whole = {
        **facts,
        "hyperparameters": given.user,
        "additional_framework_parameters": given.framework,
        "channel_input_dirs": channel_dirs,
        "job_name": given.toolkit.get("sagemaker_job_name") or os.environ.get("TRAINING_JOB_NAME"),
        "is_master": job.resources.current_host == job.resources.hosts[0],
        "master_hostname": job.resources.hosts[0],
    }
    for name in ("hps", "framework_params", "channels"):  # there under their long names
        del whole[name]
    facts |= {"training_env": whole, "user_args": arguments(given.user)}
    facts |= {f"channel_{name}": path for name, path in channel_dirs.items()}
    facts |= {f"hp_{name}": value for name, value in given.user.items()}
    if topology := job.resources.raw.get("topology"):
        facts["topology"] = topology
    made = {f"SM_{name.upper()}": as_text(value) for name, value in facts.items()}
    return {
        name: value
        for name, value in made.items()
        if len(value.encode()) < VARIABLE_LIMIT and "\0" not in name + value and "=" not in name
    }
