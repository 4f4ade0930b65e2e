"""A real Slurm on one machine, for the tests: munge, MariaDB, slurmdbd, slurmctld and three slurmd, without systemd.

Two nodes with the feature ``ampere`` and two stand-in GPUs each (partitions ``gpu`` and ``urgent``, which pre-empts it), one
node without (partition ``cpu``, account ``lab``). Everything lives below one folder; daemons listen on the address of the
machine's own name only. Needs Debian's packages (``PACKAGES``) and root.

    python tests/slurm/cluster.py install | up | down | status
"""

import getpass
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PACKAGES = (
    *("slurmctld", "slurmd", "slurm-client", "slurmdbd", "slurm-wlm-basic-plugins", "slurm-wlm-mysql-plugin"),
    *("munge", "mariadb-server", "environment-modules"),
)
PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "sbatch", "sacctmgr", "munged", "mariadbd", "mariadb-install-db")
ROOT = Path("/tmp/musicologist-slurm")
MODULES = ROOT / "modulefiles"
NARROW = 5
"""How many jobs Slurm takes at once from the account ``narrow``."""
PORT = 26900
# Slurm's compiled-in place: the official jobstep plugin drops SLURM_CONF from the environment of its srun.
INSTALLED = Path("/etc/slurm")
GPU_NODES, CPU_NODES = ("gpu01", "gpu02"), ("cpu01",)
NODES = GPU_NODES + CPU_NODES

# cred_expire: what is put back into the queue waits for so long before it may start again (120 s where none is given).
SLURM_CONF = """\
ClusterName=musicologist
SlurmctldHost={host}({address})
SlurmctldPort={port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={root}/run/munge.sock,cred_expire=15
CredType=cred/munge
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool/%n
SlurmctldPidFile={root}/run/slurmctld.pid
SlurmdPidFile={root}/run/slurmd-%n.pid
SlurmctldLogFile={root}/log/slurmctld.log
SlurmdLogFile={root}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={root}/etc/task_prolog.sh
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
DefMemPerCPU=100
ReturnToService=1
MaxArraySize=1001
MinJobAge={min_job_age}
KillWait=5
SchedulerParameters=bf_interval=2,sched_interval=2,sched_min_interval=100000,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=5
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost={address}
AccountingStoragePort={dbd_port}
AccountingStoragePass={root}/run/munge.sock
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
AccountingStorageEnforce=associations,limits
NodeName=gpu[01-02] NodeHostname={host} NodeAddr={address} Port={gpu_ports} CPUs=8 RealMemory=64000 Feature=ampere Gres={gres}
NodeName=cpu01 NodeHostname={host} NodeAddr={address} Port={cpu_port} CPUs=8 RealMemory=64000
PartitionName=cpu Nodes=cpu01 Default=YES MaxTime=1-0 DefaultTime=10
PartitionName=gpu Nodes=gpu[01-02] MaxTime=1-0 DefaultTime=10 PriorityTier=1 GraceTime=20
PartitionName=urgent Nodes=gpu[01-02] MaxTime=1-0 DefaultTime=10 PriorityTier=10 PreemptMode=OFF
"""

# Where the folder of a run has a file `clock`, its tasks' clocks are off by so many seconds: late for odd ones, else early.
TASK_PROLOG = """\
#!/bin/sh
off=$(cat "$SLURM_SUBMIT_DIR/clock" 2>/dev/null) || exit 0
if [ $((${{SLURM_ARRAY_TASK_ID:-1}} % 2)) -eq 1 ]; then off=-$off; fi
echo "export CLOCK_OFF=$off"
echo "export PATH={root}/etc/clock:$PATH"
echo "export PYTHONPATH={root}/etc/clock:$PYTHONPATH"
"""

# The two clocks that jobs read: Python's and that of `date`. (A preloaded libfaketime breaks Python's time.sleep.)
CLOCKS = {
    "sitecustomize.py": """\
import os
import time

def _shifted(now=time.time, off=float(os.environ["CLOCK_OFF"])):
    return now() + off

time.time = _shifted
""",
    "date": """\
#!/bin/sh
exec /bin/date --date="@$(($(/bin/date +%s) + CLOCK_OFF))" "$@"
""",
}

SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={root}/run/munge.sock
DbdHost={host}
DbdAddr={address}
DbdPort={dbd_port}
CommunicationParameters=NoInAddrAny
SlurmUser=root
LogFile={root}/log/slurmdbd.log
PidFile={root}/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
"""


class Cluster:
    """The daemons below ``root``; every method may be called again."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.database_socket = root / "run/mysqld.sock"
        self.environment = {
            **os.environ,
            "SLURM_CONF": str(root / "etc/slurm.conf"),
            "MYSQL_UNIX_PORT": str(self.database_socket),
        }

    def up(self) -> None:
        """Start what is not running, and wait until all nodes are idle or in use."""
        obstacle = why_not()
        if obstacle:
            raise SystemExit(obstacle)
        self._configure()
        self.start_munge()
        self.start_database()
        self.start_accounting()
        self._open_accounts()
        self.start_controller()
        for node in NODES:
            (self.root / "spool" / node).mkdir(exist_ok=True)
            if not self.alive(f"slurmd-{node}"):
                self.call("slurmd", "-N", node)
        self.wait_for(self.ready, 60, "all nodes are up")

    def install(self) -> None:
        """Install Debian's packages where a program is missing; starts no service of theirs."""
        if os.geteuid() or not Path("/etc/debian_version").exists() or all(map(shutil.which, PROGRAMS)):
            return
        # RUNLEVEL=1: a service that a package brings is not started.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", "--quiet", *command], env=environment, check=True)

    def down(self) -> None:
        """Cancel all jobs, stop exactly these daemons and remove the folder."""
        if self.alive("slurmctld"):
            self.drain()
        for name in (*(f"slurmd-{node}" for node in NODES), "slurmctld", "slurmdbd", "mariadbd", "munged"):
            self.stop(name)
        for name in ("slurm.conf", "gres.conf"):
            link = INSTALLED / name
            if link.is_symlink() and link.readlink().is_relative_to(self.root):
                link.unlink()
        shutil.rmtree(self.root, ignore_errors=True)

    def drain(self) -> None:
        """Cancel all jobs and wait until they have left the nodes."""
        self.call("scancel", "--user", getpass.getuser(), check=False)
        self.wait_for(lambda: not self.call("squeue", "--noheader"), 60, "the queue is empty")

    def ready(self) -> bool:
        """All nodes take jobs."""
        states = self.call("sinfo", "--noheader", "--Node", "--format=%N %T", check=False).splitlines()
        return {line.split()[0] for line in states if line.endswith((" idle", " mixed", " allocated"))} == set(NODES)

    def jobs_of(self, directory: Path) -> list[str]:
        """Ids of all jobs that were ever submitted from a directory (within MinJobAge)."""
        rows = self.call("squeue", "--array", "--states=all", "--noheader", "--format=%i|%Z").splitlines()
        return [row.split("|")[0] for row in rows if row.split("|")[1] == str(directory)]

    def start_munge(self) -> None:
        key = self.root / "etc/munge.key"
        if not key.exists():
            key.touch(mode=0o400)
            key.write_bytes(os.urandom(1024))
        if not self.alive("munged"):
            run = self.root / "run"
            self.call(
                "munged",
                "--force",
                f"--key-file={key}",
                f"--socket={run}/munge.sock",
                f"--pid-file={run}/munged.pid",
                f"--log-file={self.root}/log/munged.log",
                f"--seed-file={run}/munge.seed",
            )

    def start_database(self) -> None:
        if self.alive("mariadbd"):
            return
        data = self.root / "db"
        for folder in (data, self.root / "run"):
            shutil.chown(folder, user="mysql")
        if not (data / "mysql").exists():
            install = ("mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db")
            self.call(*install)
        with open(self.root / "log/mariadbd.log", "ab") as log:
            subprocess.Popen(
                [
                    "mariadbd",
                    "--no-defaults",
                    "--user=mysql",
                    "--skip-networking",
                    f"--datadir={data}",
                    f"--socket={self.database_socket}",
                    f"--pid-file={self.root}/run/mariadbd.pid",
                    "--innodb-buffer-pool-size=64M",
                    "--innodb-log-file-size=32M",
                    "--innodb-lock-wait-timeout=900",
                    "--innodb-flush-log-at-trx-commit=2",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        grant = (
            "create database if not exists slurm_acct_db;"
            "create user if not exists 'slurm'@'localhost' identified by 'slurm';"
            "grant all on slurm_acct_db.* to 'slurm'@'localhost'"
        )
        self.wait_for(lambda: self.succeeds("mariadb", "--no-defaults", "-e", grant), 60, "the database answers")

    def start_accounting(self) -> None:
        if not self.alive("slurmdbd"):
            self.call("slurmdbd")
        self.wait_for(lambda: self.succeeds("sacctmgr", "-n", "list", "cluster"), 60, "slurmdbd answers")

    def start_controller(self) -> None:
        if not self.alive("slurmctld"):
            self.call("slurmctld")
        self.wait_for(lambda: self.succeeds("scontrol", "ping"), 60, "slurmctld answers")

    def stop(self, name: str) -> None:
        """Stop the daemon with this pid file; kill it if it has not left after 20 seconds."""
        file = self.root / f"run/{name}.pid"
        if self.alive(name):
            pid = int(file.read_text())
            os.kill(pid, signal.SIGTERM)
            if not _poll(lambda: not Path(f"/proc/{pid}").exists(), 20):
                os.kill(pid, signal.SIGKILL)
        file.unlink(missing_ok=True)

    def alive(self, name: str) -> bool:
        file = self.root / f"run/{name}.pid"
        text = file.read_text().strip() if file.exists() else ""
        return text.isdecimal() and Path(f"/proc/{text}").exists()

    def call(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr or done.stdout}")
        return done.stdout.strip()

    def succeeds(self, *command: str) -> bool:
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=30).returncode == 0

    def wait_for(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        if not _poll(condition, seconds):
            raise RuntimeError(f"Not after {seconds} s: {what}. See {self.root}/log.")

    def _configure(self) -> None:
        for folder in ("etc", "log", "run", "state", "spool", "db", "gpu"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            (self.root / folder).chmod(0o755)
        for number in range(2):
            _stand_in(self.root / f"gpu/nvidia{number}")
        values = {
            "root": self.root,
            "host": socket.gethostname().split(".")[0],
            "address": socket.gethostbyname(socket.gethostname()),
            "port": PORT,
            "dbd_port": PORT + 1,
            "gres": "gpu:a100:2",
            "gpu_ports": f"[{PORT + 10}-{PORT + 11}]",
            "cpu_port": PORT + 12,
            "min_job_age": 300,
        }
        etc = self.root / "etc"
        (etc / "slurm.conf").write_text(SLURM_CONF.format(**values))
        (etc / "gres.conf").write_text(
            f"AutoDetect=off\nNodeName=gpu[01-02] Name=gpu Type=a100 File={self.root}/gpu/nvidia[0-1]\n"
        )
        (etc / "task_prolog.sh").write_text(TASK_PROLOG.format(**values))
        (etc / "task_prolog.sh").chmod(0o755)
        (etc / "clock").mkdir(exist_ok=True)
        for name, text in CLOCKS.items():
            (etc / "clock" / name).write_text(text)
            (etc / "clock" / name).chmod(0o755)
        (etc / "slurmdbd.conf").write_text(SLURMDBD_CONF.format(**values))
        (etc / "slurmdbd.conf").chmod(0o600)
        for module in ("cuda/12.4", "cudnn/9.1"):
            file = MODULES / module
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"#%Module\nsetenv {file.parent.name.upper()}_HOME /opt/{module}\n")
        INSTALLED.mkdir(exist_ok=True)
        for name in ("slurm.conf", "gres.conf"):
            link = INSTALLED / name
            if link.is_symlink():
                link.unlink()
            link.symlink_to(etc / name)

    def _open_accounts(self) -> None:
        if "musicologist" not in self.call("sacctmgr", "-n", "-P", "list", "cluster", "format=cluster"):
            self.call("sacctmgr", "-i", "add", "cluster", "musicologist")
        for account in ("lab", "narrow"):
            if account not in self.call("sacctmgr", "-n", "-P", "list", "account", "format=account").split():
                self.call("sacctmgr", "-i", "add", "account", account, f"Description={account}", "Organization=lab")
                self.call("sacctmgr", "-i", "add", "user", getpass.getuser(), f"account={account}", check=False)
        narrow = ("where", f"name={getpass.getuser()}", "account=narrow", "set", f"maxsubmitjobs={NARROW}")
        self.call("sacctmgr", "-i", "modify", "user", *narrow, check=False)


def why_not() -> str:
    """The sentence that says why no Slurm can be started here; empty where it can."""
    if os.geteuid() != 0:
        return "Slurm's daemons need root: run as root, or in a container."
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"Slurm is not installed ({missing[0]} is missing): apt-get install {' '.join(PACKAGES)}"
    for name in ("slurm.conf", "gres.conf"):
        file = INSTALLED / name
        if file.exists() and not (file.is_symlink() and file.readlink().is_relative_to(ROOT)):
            return f"{file} belongs to another Slurm: the tests start none beside it."
    try:
        socket.gethostbyname(socket.gethostname())
    except OSError:
        return f"This machine's name, {socket.gethostname()}, has no address: add it to /etc/hosts."
    try:
        with tempfile.TemporaryDirectory() as folder:
            _stand_in(Path(folder) / "gpu")
    except PermissionError:
        return "No device file can be made here, so no GPU can be stood in for: allow mknod in this container."
    return ""


def _stand_in(device: Path) -> None:
    """A copy of /dev/null in a GPU's place: with devices, Slurm sets CUDA_VISIBLE_DEVICES as it does for real ones."""
    if not device.exists():
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))


def _poll(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


if __name__ == "__main__":
    {
        "install": Cluster().install,
        "up": Cluster().up,
        "down": Cluster().down,
        "status": lambda: print(Cluster().call("sinfo", "--format=%P %N %T %c %f %G")),
    }[sys.argv[1]]()
