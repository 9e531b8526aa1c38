"""The results of a sweep, read from its folder: tables, SQL, figures by point and world, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from orgsim.experiments.store import write_bytes
from orgsim.experiments.sweeps.design import Design, Factor
from orgsim.experiments.sweeps.manifest import factor_of, frozen, read_manifest, revived
from orgsim.experiments.sweeps.shards import ABOUT_RUN, Damaged, Shards, SweepError, begun_again
from orgsim.results import Arm
from orgsim.scenario.load import known

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa
    import pyarrow.dataset as ds

    from orgsim.experiments.sweeps.experiment import Experiment
    from orgsim.scenario.schema import Scenario

FIRST = ("revenue", "gross_margin", "profit_before_leaders", "profit", "value", "lead_waste_share", "lead_waste_value",
         "missed_demand_value")  # fmt: skip
PLACE = ("structure", "pay", "seed", "replicate")


@dataclass(frozen=True)
class Status:
    """How far a sweep is: runs `planned`, `done` (those that `failed` among them), `missing`; `others`: runs on disk
    that are not of this plan (an earlier design, another version of the engine); shards that are `damaged`, and those
    `set_aside` before."""

    planned: int
    done: int
    failed: int
    missing: int
    others: int
    shards: int
    bytes: int
    damaged: tuple[str, ...]
    set_aside: int
    seconds: float
    errors: tuple[tuple[str, int], ...]


class Results:
    """A sweep's folder, opened for reading; nothing is loaded before it is asked for, nothing is changed.

    What is on disk is looked up once; open it again to see later runs. Where a sweep has put shards together since, it
    is looked up anew.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        self._shards = Shards(self.folder)

    def forget(self) -> None:
        """Look up anew what runs are on disk."""
        for name in ("_found", "figures", "_read", "_each_once"):
            self.__dict__.pop(name, None)

    def __repr__(self) -> str:
        state = self.status()
        return f"<Results {self.folder}: {state.done:,} of {state.planned:,} runs>"

    @cached_property
    def experiment(self) -> Experiment:
        """The experiment as it was last run in the folder."""
        from orgsim.experiments.sweeps.experiment import Experiment
        from orgsim.experiments.worlds import Terms

        about = self.manifest["experiment"]
        return Experiment(
            self.scenario, self.arms, self.factors, Design(**about["design"]), about["replicates"],
            Terms(**{**about["terms"], "fixed": tuple(about["terms"].get("fixed", ()))}),
            tuple({path: frozen(value) for path, value in point.items()} for point in revived(about["listed"])),
            about["name"], about["title"],
        )  # fmt: skip

    @cached_property
    def scenario(self) -> Scenario:
        """The firm, with the experiment's settings."""
        from orgsim.scenario.schema import Scenario

        return Scenario.model_validate(revived(self.manifest["scenarios"][0]))

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """What was varied."""
        return tuple(factor_of(each) for each in self.manifest["experiment"]["factors"])

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The arms, in the experiment's order."""
        return tuple(Arm(**each) for each in self.manifest["experiment"]["arms"])

    @cached_property
    def today(self) -> Arm:
        """Today's arm of the firm."""
        today = self.manifest["scenarios"][0]["today"]
        return Arm(today["structure"], today["pay"])

    @cached_property
    def plan(self) -> pa.Table:
        """All runs asked for: point, factors, structure, pay, seed, replicate, key."""
        found = self._plan_at(self.manifest["plan"])
        if isinstance(found, Damaged):
            raise SweepError(f"{found}; run the sweep again, which writes the plan anew")
        return found

    def _plan_at(self, name: str) -> pa.Table | Damaged:
        try:
            return Shards(self.folder, "plans").read(name)
        except FileNotFoundError:
            return Damaged(self.folder / "plans" / name, "is not there")

    @cached_property
    def points(self) -> pd.DataFrame:
        """The points of the design: `point`, then a column for each factor."""
        table: pd.DataFrame = self.plan.select(["point", *self._paths]).to_pandas()
        return table.drop_duplicates("point", ignore_index=True)

    @property
    def _paths(self) -> list[str]:
        return [factor.path for factor in self.factors]

    # Runs -------------------------------------------------------------------------------------------------------

    @cached_property
    def _found(self) -> tuple[dict[str, pa.Table], list[Damaged]]:
        return self._shards.scan(["key", "error", "seconds"])

    @property
    def damaged(self) -> list[Damaged]:
        """Shards whose content is not what was written; their runs count as missing."""
        return self._found[1]

    @begun_again
    def dataset(self) -> ds.Dataset:
        """The undamaged shards as an Arrow dataset: key, structure, pay, seed, replicate, error, seconds, figures.

        Factors are in `plan`, which shares the column `key` with it.
        """
        import pyarrow as pa
        import pyarrow.dataset as ds

        files = [str(self._shards.folder / name) for name in self._found[0]]
        if not files:
            return ds.dataset(pa.table({name: pa.array([], pa.string()) for name in ABOUT_RUN}))
        schemas = [ds.dataset(file).schema for file in files]
        return ds.dataset(files, schema=pa.unify_schemas(schemas, promote_options="permissive"))

    @cached_property
    def figures(self) -> list[str]:
        """Names of the figures of a run, the main ones first."""
        names = [name for name in self.dataset().schema.names if name not in ABOUT_RUN]
        return [name for name in FIRST if name in names] + sorted(set(names) - set(FIRST))

    @begun_again
    def table(self, metrics: Sequence[str] | None = None, *, every: bool = False) -> pa.Table:
        """One row per run that is done, sorted by point, arm and replicate: point, factors, structure, pay, seed,
        replicate, error, figures (all, or those of `metrics`), key. `every`: runs of earlier plans in the folder too,
        without `point` and sorted by factors; a factor that a plan did not have is missing there.

        Raises ScenarioError for unknown figures.
        """
        import pyarrow as pa

        for metric in metrics or () if self.figures else ():
            known(metric, self.figures, "metric")
        wanted = self.figures if metrics is None else list(metrics)
        rows = _once(self.dataset().to_table(columns=["key", "error", *(wanted if self.figures else ())]))
        for name in () if self.figures else wanted:  # no run is there whose figures would have names
            rows = rows.append_column(name, pa.array([None] * len(rows), pa.float64()))
        plan = self._all_plans() if every else self.plan
        paths = [name for name in plan.column_names if name not in ("point", *PLACE, "key")]
        joined = plan.join(rows, "key", join_type="inner")
        if every:
            return joined.sort_by([(name, "ascending") for name in (*paths, *PLACE, "key")]).select(
                [*paths, *PLACE, "error", *wanted, "key"]
            )
        places = {(arm.structure, arm.pay): place for place, arm in enumerate(self.arms)}
        pairs = zip(joined.column("structure").to_pylist(), joined.column("pay").to_pylist(), strict=True)
        joined = joined.append_column("_arm", pa.array([places[pair] for pair in pairs], pa.int32()))
        joined = joined.sort_by([(name, "ascending") for name in ("point", "_arm", "seed", "replicate")])
        return joined.select(["point", *paths, *PLACE, "error", *wanted, "key"])

    def _all_plans(self) -> pa.Table:
        """Runs of all plans of the folder, each once, as its latest plan has it."""
        import pyarrow as pa

        plans = Shards(self.folder, "plans")
        others = [name for name in plans.names() if name != self.manifest["plan"]]
        others.sort(key=lambda name: -(plans.folder / name).stat().st_mtime)
        tables = [t for t in (self.plan, *map(self._plan_at, others)) if not isinstance(t, Damaged)]
        kinds: dict[str, set[pa.DataType]] = {}
        for table in tables:
            for column in table.schema:
                kinds.setdefault(column.name, set()).add(column.type)
        mixed = {name for name, types in kinds.items() if len(types) > 1 and pa.string() in types}
        whole = pa.concat_tables([_as_text(table, mixed) for table in tables], promote_options="permissive")
        keys = whole.column("key").to_pylist()
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        return whole.take(pa.array(sorted(first.values()))).drop_columns(["point"])

    def runs(self, metrics: Sequence[str] | None = None) -> pd.DataFrame:
        """`table` as a data frame."""
        frame: pd.DataFrame = self.table(metrics).to_pandas()
        return frame

    def metric(self, name: str, arm: Arm | str, against: Arm | str | None = None) -> NDArray[np.float64]:
        """A figure of an arm, an array (points, replicates): NaN where a run is missing or failed. With `against`, the
        difference to that arm in the same world.

        Raises ScenarioError for an unknown figure or arm.
        """
        if against is not None:
            return self.metric(name, arm) - self.metric(name, against)
        chosen = self.arm(arm)
        frame = self._columns(name)
        mine = frame[(frame["structure"] == chosen.structure) & (frame["pay"] == chosen.pay)]
        about = self.manifest["experiment"]
        out = np.full((len(self.points), about["replicates"]), np.nan)
        out[mine["point"].to_numpy(), mine["replicate"].to_numpy()] = mine[name].to_numpy(dtype=float)
        return out

    def _columns(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            self._read[name] = self.runs([name])
        return self._read[name]

    @cached_property
    def _read(self) -> dict[str, pd.DataFrame]:
        return {}

    def arm(self, arm: Arm | str) -> Arm:
        """An arm of the sweep by its name, "structure / pay", or by its structure where one arm alone has it.

        Raises ScenarioError for another.
        """
        if isinstance(arm, str):
            parts = [part.strip() for part in arm.split("/")]
            alike = [each for each in self.arms if each.structure == parts[0]]
            if len(parts) == 1 and len(alike) == 1:
                return alike[0]
            arm = Arm(parts[0], parts[1] if len(parts) > 1 else self.today.pay)
        known(str(arm), [str(each) for each in self.arms], "arm")
        return arm

    # SQL --------------------------------------------------------------------------------------------------------

    @begun_again
    def query(self, sql: str) -> pd.DataFrame:
        """What DuckDB answers to a query over `runs` (as `table`), `points` and `shards` (all runs on disk)."""
        import pandas as pd

        found = self.connection().sql(sql)
        frame: pd.DataFrame = pd.DataFrame() if found is None else found.df()
        return frame

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with the views `runs`, `points` and `shards`."""
        import duckdb

        found = duckdb.connect()
        found.register("plan", self.plan)
        found.register("points", self.points)
        files = [str(self._shards.folder / name) for name in self._found[0]]
        if files:
            listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
            found.execute(f"CREATE VIEW shards AS SELECT * FROM read_parquet([{listed}], union_by_name = true)")
        else:
            found.register("shards", self.dataset().to_table())
        once = "SELECT DISTINCT ON (key) * FROM shards ORDER BY key, error NULLS FIRST"
        done = "shards" if self._each_once else f"({once})"
        found.execute(
            "CREATE VIEW runs AS SELECT plan.* EXCLUDE (key), done.* EXCLUDE (key, structure, pay, seed, replicate, "
            f"seconds), key FROM plan JOIN {done} AS done USING (key)"
        )
        return found

    @cached_property
    def _each_once(self) -> bool:
        keys = [table.column("key") for table in self._found[0].values()]
        return sum(map(len, keys)) == len({key for column in keys for key in column.to_pylist()})

    # Export, status ---------------------------------------------------------------------------------------------

    def export(self, file: str | Path, *, partial: bool = False, every: bool = False) -> int:
        """Write all runs, sorted, as Parquet or CSV by the file's ending; returns how many.

        The same runs give the same bytes, wherever and in whatever order they were done. Raises SweepError while runs
        are missing, unless `partial`, and ScenarioError for another ending.
        """
        path = Path(file)
        known(path.suffix, (".parquet", ".csv"), "file ending")
        state = self.status()
        if state.missing and not partial and not every:
            why = f" ({len(state.damaged)} shards are damaged)" if state.damaged else ""
            raise SweepError(
                f"{state.missing:,} of {state.planned:,} runs are missing{why}; run the sweep again to complete it, or "
                "export what is there with --partial"
            )
        table = self.table(every=every)
        write_bytes(path, _as_file(table, path.suffix))
        return len(table)

    @begun_again
    def status(self) -> Status:
        """How far the sweep is."""
        tables, damaged = self._found
        planned = set(self.plan.column("key").to_pylist())
        done: set[str] = set()
        wrong: dict[str, str] = {}
        seconds = 0.0
        for table in tables.values():
            keys = table.column("key").to_pylist()
            done.update(keys)
            if table.column("error").null_count < len(table):
                pairs = zip(keys, table.column("error").to_pylist(), strict=True)
                wrong |= {key: error for key, error in pairs if error is not None}
            spent = zip(keys, table.column("seconds").to_pylist(), strict=True)
            seconds += sum(second for key, second in spent if second and key in planned)
        failed = {key: error for key, error in wrong.items() if key in planned}
        if failed:
            for table in tables.values():
                pairs = zip(table.column("key").to_pylist(), table.column("error").to_pylist(), strict=True)
                for key, error in pairs:
                    if error is None:
                        failed.pop(key, None)
        mine = done & planned
        errors: dict[str, int] = {}
        for error in failed.values():
            errors[error] = errors.get(error, 0) + 1
        aside = self._shards.aside
        size = sum((self._shards.folder / name).stat().st_size for name in tables)
        return Status(
            len(planned), len(mine), sum(errors.values()), len(planned) - len(mine), len(done) - len(mine),
            len(tables), size, tuple(map(str, damaged)), len(list(aside.iterdir())) if aside.is_dir() else 0, seconds,
            tuple(sorted(errors.items(), key=lambda item: -item[1])),
        )  # fmt: skip


def open_results(folder: str | Path) -> Results:
    """The results of a sweep: `runs()`, `metric(name, arm, against)`, `query(sql)`, `dataset()`, `status()`.

    Raises ScenarioError where there is no sweep.
    """
    return Results(folder)


def _as_text(table: pa.Table, names: set[str]) -> pa.Table:
    """The table with some columns as text: a factor may be a number in one plan and a choice in another."""
    import pyarrow as pa

    for place, name in enumerate(table.column_names):
        if name in names:
            table = table.set_column(place, name, table.column(name).cast(pa.string()))
    return table


def _once(rows: pa.Table) -> pa.Table:
    """Each run once: processes may have done it twice, and one that failed may have been done again."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(pc.unique(rows.column("key"))) == len(rows):
        return rows
    rows = rows.append_column("_failed", pc.is_valid(rows.column("error")))
    rows = rows.sort_by([(name, "ascending") for name in ("key", "_failed", "error")]).drop_columns(["_failed"])
    keys = rows.column("key").to_pylist()
    first = [place == 0 or key != keys[place - 1] for place, key in enumerate(keys)]
    return rows.filter(pa.array(first))


def _as_file(table: pa.Table, suffix: str) -> bytes:
    import pyarrow as pa
    import pyarrow.csv as csv

    from orgsim.experiments.sweeps.shards import as_parquet

    if suffix == ".parquet":
        return as_parquet(table)
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(quoting_style="needed"))
    data: bytes = sink.getvalue().to_pybytes()
    return data
