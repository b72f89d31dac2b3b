"""Pair two disks from a program, and see what came of it."""

import sys

import evsrep


def main(profile: str, production: str, dr: str) -> int:
    """Pair the disks, wait, and say how it went; the exit code is the command line's."""
    try:
        with evsrep.connect(profile) as cloud:
            pair = evsrep.create_pair(
                cloud, production_disk=production, dr_disk=dr, name="by a program",
                if_not_exists=True,
            )  # fmt: skip
            found = evsrep.wait_for_pair(cloud, pair.id, "available", wait_timeout=120)
            print(pair.id, found.status if found else "gone")
            print(f"{sum(1 for _ in cloud.pairs())} pairs")
    except evsrep.OutcomeUnknown as error:
        print(f"look before you try again: {error.message}", file=sys.stderr)
        return error.exit_code
    except evsrep.EvsrepError as error:
        print(error.message, *error.faults, error.hint, sep="\n", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
