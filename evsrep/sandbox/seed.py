"""What a new sandbox holds: who may sign in, and the disks and servers to try things on.

All IDs are fixed, and every name says what the thing is good for: a production disk `x` has its DR
disk `x-dr` in another zone, except for those at the end, whose DR disk is yet to be made.
"""

import json

from evsrep.sandbox.models import Disk, Domain, Key, Project, Server, User

REGION = "sandbox"
ZONES = ("az1.dc1", "az2.dc2", "az3.dc3")
TYPES = {"SAS": ZONES, "SATA": ZONES, "SSD": ZONES, "GPSSD": ZONES[:2]}
"""The types of disks, and the zones that have them."""

DOMAIN = Domain("5d1f0c6a3b7e4b6f9a1c2e8d7f605142", "sandbox")
MAIN = Project("0391e4486e864c26be5654c522f440f2", "sandbox")
OTHER = Project("6b1c9a52d0f34e7f8e0b7a6d5c4f3e21", "sandbox_other")
CLOSED = Project("c2f7d8e914ab4c0d9e3f5a6b7c8d9e0f", "sandbox_closed")  # nobody has a role on it
PROJECTS = (MAIN, OTHER, CLOSED)

DEMO = User("a4f8d2c61b3e4d5f8091a2b3c4d5e6f7", "demo", "just-trying", (MAIN, OTHER))
OTP = User(
    "b7e1f3a95c2d4e6f8192a3b4c5d6e7f8", "otp", "just-trying-twice", (MAIN,), passcode="123456"
)
USERS = (DEMO, OTP)

LASTING_KEY = Key("SANDBOXACCESSKEY0001", "sandbox-secret-key", DEMO)
TEMPORARY_KEY = Key(
    "SANDBOXTEMPORARY0001", "sandbox-temporary-secret", DEMO, "sandbox-security-token"
)
KEYS = (LASTING_KEY, TEMPORARY_KEY)

SEEDED_AT = 1511784481.0  # 2017-11-27, the day of the API reference's examples

# id, name, zone, status, task state
_SERVERS = """
fdc9462f-8d5b-49c7-a183-314536f0fb3d  db-01             az1.dc1  ACTIVE   -
1f6fce3b-5817-4ac3-896a-ceb4f7217c2e  web-01            az2.dc2  ACTIVE   -
fe46618a-6360-45aa-a6c3-1446a05842ba  web-01-dr         az3.dc3  SHUTOFF  -
43968c38-03f8-4d7d-a453-377168259e0b  mail-02-running   az3.dc3  ACTIVE   -
3a39c16d-2aa5-40f3-9d39-931ed7be5945  mail-03-starting  az1.dc1  SHUTOFF  powering-on
4dad2986-ce83-4960-aa06-e9ab85a0bcc1  db-02            az1.dc1  ACTIVE   -
2cb85f3f-4a24-439a-9d99-8017f5e2fc57  shop-01          az1.dc1  ACTIVE   -
8a4996ef-b447-40ce-b484-38b5c41f9dfd  shop-01-dr       az2.dc2  SHUTOFF  -
5a0c2e1d-7b94-4f0e-9c55-2d8a1b6f3e70  cluster-01       az1.dc1  SHUTOFF  -
b91f6d27-0c3a-4e8b-a1d4-7f5e2c9038a4  vault-01         az1.dc1  SHUTOFF  -
e47d05b8-92f1-4c6a-b3e7-08c1d6a5f2b9  gpu-01           az1.dc1  SHUTOFF  -
"""

# of disks that are encrypted; a key that nobody may see leaves the word alone
_METADATA = {
    "encrypted-data": {
        "__system__encrypted": "1",
        "__system__cmkid": "9995d8aa-ff0f-4b81-a3e2-889c795e846b",
    },
    "sealed-data": {"__system__encrypted": "1"},
}

# id, name, zone, GB, type, attached to, trouble; most recent first
_DISKS = """
18aa67ea-c7cb-4826-800d-50e67f0de75b example-production       az2.dc2 10   SAS  - -
375d23be-3658-498f-8b50-d3b950a890ec example-dr               az1.dc1 10   SAS  - -
33f6d2a1-7b6b-49e7-93c8-ed05a19492de db-01-data               az1.dc1 100  SSD  db-01 -
5ac231a6-77fb-49e0-898a-3ba330912e4d db-01-data-dr            az2.dc2 100  SSD  - -
1aac3b9d-9476-4095-8d9b-2eee9618402c db-01-log                az1.dc1 40   SSD  db-01 -
e103894c-947b-4aec-b2dc-8d7414eb77ea db-01-log-dr             az2.dc2 40   SSD  - -
92829596-db7d-404d-bb2a-b014ab647e04 web-01-data              az2.dc2 40   SAS  web-01 -
761aaa37-151b-46a0-a0e5-620a9c46991f web-01-data-dr           az3.dc3 40   SAS  web-01-dr -
b5343d65-8f0e-4f90-8ae0-030f185b1cf4 archive-01-data          az3.dc3 2000 SATA - -
2309a89b-1d61-4391-a93c-8dcc2370061d archive-01-data-dr       az1.dc1 2000 SATA - -
322753f6-78b3-4edc-9c38-3aba21d33cfc shared-01-data           az1.dc1 500  SSD  cluster-01 -
232acbd4-32af-4c77-86cf-cb1962d956bb shared-01-data-dr        az3.dc3 500  SSD  - -
0134ced5-f80a-40f7-95c4-0369915473bb scratch                  az1.dc1 20   SATA - -
1e10eee1-890a-41b9-b3c9-7b9036d346a2 scratch                  az3.dc3 20   SATA - -
22c9ec8b-82d9-4310-9fba-d03225dc5207 mail-01-data             az2.dc2 60   SAS  - -
7172e11a-15b6-4f14-985b-ba27f81fd066 mail-01-data-dr-running  az3.dc3 60   SAS  mail-02-running -
d1a88c83-5a12-4025-b747-d72ffcd2fa9b mail-01-data-dr-starting az1.dc1 60   SAS  mail-03-starting -
f7470745-d9c3-4c38-aae9-555d52916995 odd-size-data            az1.dc1 80   SAS  - -
7b119944-7be1-4776-ac86-aa8243dec66e odd-size-data-dr         az2.dc2 120  SAS  - -
8902e683-b064-451a-bc89-4bbde726092a odd-type-data            az1.dc1 50   SSD  - -
f7ce9276-605e-46c7-9cdf-cf00bea7e008 odd-type-data-dr         az2.dc2 50   SATA - -
e7bc395f-5aa9-4466-9d54-1d999cad71ec same-zone-data           az3.dc3 30   SAS  - -
9b928d41-1b70-4561-9703-3f32a74493fb same-zone-data-dr        az3.dc3 30   SAS  - -
4dd0f418-7c97-4d87-84a0-338440f2103e lazy-loading             az1.dc1 10   SAS  - lazy-loading
0d8cfa0d-ed9c-4988-b496-84d5335761ec lazy-loading-dr          az3.dc3 10   SAS  - -
9ead4922-866a-40a1-889d-2deabfc212d6 link-down                az1.dc1 10   SAS  - link-down
2a5c20b2-f9dc-4025-b0f5-43a6628ad86d link-down-dr             az3.dc3 10   SAS  - -
de23e101-8e8a-46a3-a624-ae12b13afd4c pool-unhealthy           az1.dc1 10   SAS  - pool-unhealthy
014f4b8a-3807-440f-8ab2-20ff5ad37553 pool-unhealthy-dr        az3.dc3 10   SAS  - -
cfdbb2c2-250a-46c8-ae69-b625303e8a2c internal-error           az1.dc1 10   SAS  - internal-error
e5667de6-b674-4d2a-ab30-71da26dc765e internal-error-dr        az3.dc3 10   SAS  - -
04dd89ea-4a5d-4486-9dc1-f2591cb287bf system-busy              az1.dc1 10   SAS  - system-busy
38ac0a99-a9b2-4a2d-820a-87609c16ad31 system-busy-dr           az3.dc3 10   SAS  - -
6c1e6c0a-5f0b-4a0e-9a57-3d1b0c5e7f10 group-full               az1.dc1 10   SAS  - group-full
b2f4d9a3-8e61-4c7d-b0a5-91c3e7d2f411 group-full-dr            az3.dc3 10   SAS  - -
d95a7b1e-2c34-4f68-8b19-4e6f0a7c2d12 group-link-down          az1.dc1 10   SAS  - group-link-down
3e8c1f52-7a90-4d2b-a6e4-5b7d9c0f1a13 group-link-down-dr       az3.dc3 10   SAS  - -
f07b3d64-1e5c-4b8a-9c2d-6a1f8e3b5c14 group-internal           az1.dc1 10   SAS  - group-internal
58d2a9c7-6b3f-4e10-8d7a-0c9e2f4b6d15 group-internal-dr        az3.dc3 10   SAS  - -
a41c7e08-9d25-4f3b-b6c8-7e0d5a2f9b16 group-busy               az1.dc1 10   SAS  - group-busy
0b6f5e91-4c78-4a2d-9e3b-8d1c7f0a6e17 group-busy-dr            az3.dc3 10   SAS  - -
eae0d2c1-1c33-4464-873d-212ba950666d db-02-data               az1.dc1 100  SSD  db-02 -
d0b0090d-6259-4992-bfb8-1d2706e55426 db-02-log                az1.dc1 40   SSD  db-02 -
dc159e6a-409c-48f2-ab68-b48ebf13c171 shop-01-system           az1.dc1 40   SAS  shop-01 -
a3f96f0e-5143-4d1f-8d68-615c80690847 shop-01-data             az1.dc1 200  SSD  shop-01 -
b969ec07-f1f8-4a79-af37-1d87d8a8f065 shop-01-log              az1.dc1 50   SSD  shop-01 -
8d1a6bff-ff9a-4914-a335-e9e266cea9fa shop-01-dr-system        az2.dc2 40   SAS  shop-01-dr -
caa7e9bf-d007-44a1-a3cf-493f0febddf8 shop-01-dr-data          az2.dc2 200  SSD  shop-01-dr -
e1ff83ab-26a2-458f-b252-1553e014be00 shop-01-dr-log           az2.dc2 50   SSD  shop-01-dr -
cd425ec3-8f13-4999-8869-510db4a02517 encrypted-data           az1.dc1 10   SSD  vault-01 -
54bec7d8-35c3-4744-af92-9a91f4873115 sealed-data              az1.dc1 10   SSD  - -
b730d88f-e1e8-44aa-9f9d-b8dd8a3b09dd beyond-quota-data        az1.dc1 20000 SATA - -
68e06b0c-4f27-435c-91b5-aecda386a3a0 rare-type-data           az1.dc1 10   GPSSD gpu-01 -
dbd5f6d2-f095-49af-81dd-a9da14f50791 lost-answer-data         az1.dc1 10   SAS  - -
"""

_OTHER_DISKS = """
78c7e54e-3833-4ffd-8bbb-d1eba0b40906 other-data               az1.dc1 10   SSD  - -
682cfa71-6b5a-4e18-bc52-6b80871ef7a0 other-data-dr            az2.dc2 10   SSD  - -
"""


def seed_servers() -> list[Server]:
    """Return the servers of a new sandbox, all of them in the main project."""
    return [
        Server(server_id, MAIN.id, name, zone, status, None if task == "-" else task, SEEDED_AT)
        for server_id, name, zone, status, task in _rows(_SERVERS)
    ]


def seed_disks() -> list[Disk]:
    """Return the disks of a new sandbox, those of the main project first."""
    server_ids = {server.name: server.id for server in seed_servers()}
    rows = [(MAIN, row) for row in _rows(_DISKS)] + [(OTHER, row) for row in _rows(_OTHER_DISKS)]
    devices = {server: iter("bcdefgh") for server in server_ids}
    return [
        Disk(
            id=disk_id,
            project_id=project.id,
            name=name,
            zone=zone,
            size_gb=int(size),
            type=disk_type,
            server_id=server_ids.get(server),
            is_shared=name.startswith("shared"),
            trouble="" if trouble == "-" else trouble,
            created_at=SEEDED_AT - age,
            device=f"/dev/vd{next(devices[server])}" if server in devices else "",
            metadata=json.dumps(_METADATA.get(name, {})),
        )
        for age, (project, (disk_id, name, zone, size, disk_type, server, trouble)) in enumerate(
            rows
        )
    ]


def _rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]
