"""evsrep for programs: open the cloud of a profile, and do to it what the commands do.

    import evsrep

    with evsrep.connect("otc") as cloud:
        pair = evsrep.create_pair(cloud, production_disk="db-01", dr_disk="db-01-dr")
        evsrep.wait_for_pair(cloud, pair.id, "available", wait_timeout=600)

The verbs are those of the commands, and so are their options: `help(evsrep.CreateOptions)` has
those of `create_pair`. What goes wrong is an `EvsrepError`: class and `exit_code` say what to do
about it, `message` and `hint` what to tell a person. `OutcomeUnknown` means that a change may have
taken effect. What is done on the way is told to the logger `evsrep`.
"""

from evsrep.cloud.client import Cloud as Cloud
from evsrep.cloud.models import (
    Defaults as Defaults,
    Disk as Disk,
    Group as Group,
    GroupChange as GroupChange,
    GroupOrder as GroupOrder,
    Pair as Pair,
    PairOrder as PairOrder,
    Server as Server,
    Session as Session,
)
from evsrep.errors import (
    AuthError as AuthError,
    ConfigError as ConfigError,
    EvsrepError as EvsrepError,
    ExitCode as ExitCode,
    Failed as Failed,
    InternalError as InternalError,
    Interrupted as Interrupted,
    NotFound as NotFound,
    NotOffered as NotOffered,
    OutcomeUnknown as OutcomeUnknown,
    Partial as Partial,
    PasscodeWanted as PasscodeWanted,
    Refused as Refused,
    ServiceError as ServiceError,
    Unavailable as Unavailable,
    UsageFault as UsageFault,
    WaitTimeout as WaitTimeout,
)
from evsrep.jobs.act import ActOptions as ActOptions, act as act
from evsrep.jobs.apply import ApplyOptions as ApplyOptions, apply_pairs as apply_pairs
from evsrep.jobs.create import (
    CreateOptions as CreateOptions,
    create_pair as create_pair,
    plan_pair as plan_pair,
)
from evsrep.jobs.delete import (
    DeleteOptions as DeleteOptions,
    delete_pair as delete_pair,
    delete_pairs as delete_pairs,
)
from evsrep.jobs.disk_match import (
    DiskMatch as DiskMatch,
    Matching as Matching,
    MatchOptions as MatchOptions,
    match_disks as match_disks,
)
from evsrep.jobs.disks import (
    DiskListOptions as DiskListOptions,
    ListedDisk as ListedDisk,
    list_disks as list_disks,
)
from evsrep.jobs.doctor import DoctorOptions as DoctorOptions, examine as examine
from evsrep.jobs.expand import ExpandOptions as ExpandOptions, expand_pairs as expand_pairs
from evsrep.jobs.export import ExportOptions as ExportOptions, export as export
from evsrep.jobs.find import (
    find_disk as find_disk,
    find_group as find_group,
    find_pair as find_pair,
)
from evsrep.jobs.group_change import (
    GroupDeleteOptions as GroupDeleteOptions,
    GroupUpdateOptions as GroupUpdateOptions,
    delete_group as delete_group,
    update_group as update_group,
)
from evsrep.jobs.group_create import (
    GroupCreateOptions as GroupCreateOptions,
    create_group as create_group,
)
from evsrep.jobs.group_wait import (
    GroupWaitOptions as GroupWaitOptions,
    wait_for_group as wait_for_group,
)
from evsrep.jobs.health import HealthOptions as HealthOptions, look_at_health as look_at_health
from evsrep.jobs.listing import (
    GroupListOptions as GroupListOptions,
    ListOptions as ListOptions,
    list_groups as list_groups,
    list_pairs as list_pairs,
)
from evsrep.jobs.readiness import ReadyOptions as ReadyOptions, rehearse as rehearse
from evsrep.jobs.report import Reporter as Reporter
from evsrep.jobs.sdrs import (
    SdrsPlan as SdrsPlan,
    SdrsPlanOptions as SdrsPlanOptions,
    plan_sdrs as plan_sdrs,
)
from evsrep.jobs.wait import WaitOptions as WaitOptions, wait_for_pair as wait_for_pair
from evsrep.jobs.wait_many import (
    WaitManyOptions as WaitManyOptions,
    wait_for_pairs as wait_for_pairs,
)
from evsrep.wiring import connect as connect
