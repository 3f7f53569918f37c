using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Sandbox;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider.Sql;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Fulcrum.Tool.Tests;

/// <summary>The sandbox's workers are started from the tool that lies beside these tests.</summary>
public sealed class SqlSandboxTests(SqlSandboxTests.Workers workers) : IClassFixture<SqlSandboxTests.Workers>
{
    private const string Gold = "SELECT count(*) FROM singer";
    private static readonly SqlLimits Short = new(
        Seconds: 0.3,
        Rows: 10_000,
        Bytes: 1 << 24,
        CellBytes: 1 << 24,
        HeapBytes: 1 << 26
    )
    {
        Grace = 0.4,
    };

    [Fact]
    public void Queries_run_in_worker_processes()
    {
        Assert.Equal(1, workers.Sandbox.Grader("official", Short)(workers.Database, Gold, Gold).Score);

        Assert.NotEmpty(workers.Sandbox.WorkerIds);
        Assert.DoesNotContain(Environment.ProcessId, workers.Sandbox.WorkerIds);
    }

    [Fact]
    public void The_kernel_confines_a_worker_and_its_environment_is_empty()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the filter is Linux's");
        using SqlSandbox sandbox = SqlSandbox.Open(workers: 1);
        int worker = sandbox.WorkerIds.Single();

        string[] status = File.ReadAllLines($"/proc/{worker}/status");
        string[] variables = File.ReadAllText($"/proc/{worker}/environ")
            .Split('\0', StringSplitOptions.RemoveEmptyEntries);

        Assert.StartsWith("system call filter", sandbox.Confinement);
        Assert.Contains("Seccomp:\t2", status);
        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.All(
            Directory.EnumerateDirectories($"/proc/{worker}/task"),
            thread => Assert.Contains("Seccomp:\t2", File.ReadAllLines(Path.Combine(thread, "status")))
        );
        Assert.All(variables, v => Assert.Matches("^(DOTNET_|LD_LIBRARY_PATH=)", v));
        Assert.Equal(1, sandbox.Grader("official", Short)(workers.Database, Gold, Gold).Score);
    }

    [Fact]
    public void A_program_that_embeds_the_library_finds_its_worker()
    {
        WorkerProgram? embedded = WorkerProgram.Embedded(SqlWorker.Verb, typeof(SqlWorker).Assembly);
        Assert.SkipWhen(embedded is null, "these tests run without a .NET host");

        using SqlSandbox sandbox = SqlSandbox.Open(embedded, workers: 1);

        Assert.Equal(1, sandbox.Grader("official", Short)(workers.Database, Gold, Gold).Score);
    }

    [Fact]
    public void More_aggregate_columns_than_an_index_can_name_do_not_corrupt_memory()
    {
        string columns = string.Join(", ", Enumerable.Range(0, 900).Select(i => $"0 c{i}")),
            tables = string.Join(", ", Enumerable.Range(0, 37).Select(t => $"w t{t}"));
        IEnumerable<string> sums = Enumerable
            .Range(0, 37)
            .Select(t => string.Join('+', Enumerable.Range(0, 400).Select(i => $"t{t}.c{i}")));
        string statement =
            $"WITH w AS MATERIALIZED (SELECT {columns}) SELECT sum({string.Join("), sum(", sums)}) FROM {tables} GROUP BY t0.c0";

        Grade grade = workers.Sandbox.Grader("official", Short)(workers.Database, Gold, statement);

        Assert.Equal(0, grade.Score);
        Assert.NotEqual("crashed", grade.Verdict);
    }

    [Theory]
    [InlineData("3.49.1", false)]
    [InlineData("3.50.1", false)]
    [InlineData("3.50.2", true)]
    [InlineData("3.53.4", true)]
    [InlineData("4.0", true)]
    [InlineData("unknown", false)]
    public void A_SQLite_that_queries_can_corrupt_is_refused(string version, bool accepted)
    {
        Exception? refusal = Record.Exception(() => Sqlite.RequireSafe(version));

        Assert.Equal(accepted, refusal is null);
        Sqlite.RequireSafe();
    }

    [Theory]
    [InlineData("official")]
    [InlineData("strict")]
    public void Right_answers_with_large_results_are_right_in_whatever_number(string semantics)
    {
        using SqlSandbox sandbox = SqlSandbox.Open(workers: 1);
        Func<string, string, string, Grade> grade = sandbox.Grader(semantics, new SqlLimits());
        string Large(int i) => $"SELECT hex(zeroblob(25000000)) || '{i}', {i}";

        Grade[] grades =
        [
            .. Enumerable.Range(0, 12).Select(i => grade(workers.Database, Large(i), $"{Large(i)} AS other")),
        ];

        Assert.All(grades, g => Assert.Equal((1, "correct"), (g.Score, g.Verdict)));
        Assert.Equal(0, grade(workers.Database, Large(1), Large(2)).Score);
    }

    [Theory]
    [InlineData(99_000, "syntax-error")]
    [InlineData(300_001, "refused")]
    public void Statement_of_quotes_only_is_reported(int quotes, string verdict)
    {
        Grade grade = workers.Sandbox.Grader("strict", Short)(workers.Database, Gold, new string('\'', quotes | 1));

        Assert.Equal((0, verdict), (grade.Score, grade.Verdict));
        Assert.True(grade.Reason!.Length <= 600);
    }

    [Fact]
    public async Task An_item_whose_workers_are_killed_twice_is_unscored_and_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the children of a process are read from /proc");
        HashSet<int> notToKill = [.. Children().Select(c => c.Id)];
        using SqlSandbox sandbox = SqlSandbox.Open(workers: 1);
        List<string> told = [];
        sandbox.Unscored = told.Add;
        const string Endless = "WITH RECURSIVE w(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM w) SELECT count(*) FROM w";

        Task<Grade> grading = Task.Run(
            () => sandbox.Grader("official", new SqlLimits(60))(workers.Database, Gold, Endless),
            TestContext.Current.CancellationToken
        );
        for (int i = 0; i < 2; i++)
        {
            int worker = Until(() => Children().FirstOrDefault(c => c.Ticks > 100 && !notToKill.Contains(c.Id)).Id);
            notToKill.Add(worker);
            Signal(worker, "KILL");
        }

        Grade grade = await grading;
        Assert.Equal((null, SqlSandbox.WorkerKilled), (grade.Score, grade.Verdict));
        Assert.Contains("concert_singer.sqlite", Assert.Single(told));
    }

    [Fact]
    public void A_query_whose_worker_gets_no_processor_is_asked_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the children of a process are read from /proc");
        HashSet<int> others = [.. Children().Select(c => c.Id)];
        using SqlSandbox sandbox = SqlSandbox.Open(workers: 1);
        Func<string, string, string, Grade> grade = sandbox.Grader("official", new SqlLimits(0.02) { Grace = 0.4 });
        Assert.Equal(1, grade(workers.Database, Gold, Gold).Score);

        Signal(Children().Single(c => !others.Contains(c.Id)).Id, "STOP");

        Assert.Equal(1, grade(workers.Database, Gold, Gold).Score);
    }

    [Theory]
    [MemberData(nameof(HostileStatements.Interruptible), MemberType = typeof(HostileStatements))]
    [MemberData(nameof(HostileStatements.Uninterruptible), MemberType = typeof(HostileStatements))]
    public void A_hostile_statement_is_stopped_writes_nothing_and_the_next_item_is_scored(string statement)
    {
        Func<string, string, string, Grade> grade = workers.Sandbox.Grader("official", Short);
        long start = Stopwatch.GetTimestamp();

        Assert.Equal(0, grade(workers.Database, Gold, statement).Score);

        // The limit and the parent's grace are processor time; on a busy machine ten times as much may go by.
        Assert.True(
            Stopwatch.GetElapsedTime(start).TotalSeconds < SqlLimits.Patience * (Short.Seconds + Short.Grace) + 2
        );
        Assert.Equal(1, grade(workers.Database, Gold, Gold).Score);
        Assert.Equal(workers.Digest, Sha256.OfFile(workers.Database));
        Assert.Equal(
            [workers.Database],
            Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(workers.Database)!)
        );
    }

    [Fact]
    public void A_worker_that_is_killed_before_it_greets_is_started_again()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the worker's stand-in is a shell script");
        string mark = Path.Combine(Directory.CreateTempSubdirectory().FullName, "mark"),
            script = "[ -e \"$0\" ] && exec \"$@\"; : > \"$0\"; kill -TERM $$";
        WorkerProgram real = SqlWorker.Program()!;

        using SqlSandbox sandbox = SqlSandbox.Open(
            new WorkerProgram("/bin/sh", ["-c", script, mark, real.File, .. real.Arguments])
        );

        Assert.True(File.Exists(mark));
        Assert.Equal(1, sandbox.Grader("official", Short)(workers.Database, Gold, Gold).Score);
    }

    [Fact]
    public void A_call_that_SQLite_does_not_interrupt_ends_with_its_worker_and_says_so()
    {
        Grade grade = workers.Sandbox.Grader("official", Short)(
            workers.Database,
            Gold,
            "SELECT instr(zeroblob(8000000), zeroblob(4000000) || x'01')"
        );

        Assert.Equal((0, "time-limit"), (grade.Score, grade.Verdict));
        Assert.Contains("worker was stopped", grade.Reason);
    }

    [Fact]
    public void A_gold_query_that_is_stopped_leaves_its_item_unscored()
    {
        Grade grade = workers.Sandbox.Grader("official", Short)(
            workers.Database,
            "SELECT instr(zeroblob(8000000), zeroblob(4000000) || x'01')",
            Gold
        );

        Assert.Equal((null, "gold-failed"), (grade.Score, grade.Verdict));
    }

    [Theory]
    [InlineData("official")]
    [InlineData("strict")]
    [InlineData("notebook")]
    public void Workers_and_the_process_itself_give_the_same_grades(string semantics)
    {
        using SqlGrader reference = new(semantics, new SqlLimits());
        Func<string, string, string, Grade> grade = workers.Sandbox.Grader(semantics, new SqlLimits());
        (string Database, string Gold, string Predicted)[] pairs =
        [
            .. File.ReadLines(SharedData.Of("data", "spider", "official_eval", "pairs.jsonl"))
                .Select(l => JsonNode.Parse(l)!)
                .Select(p => (Spider((string)p["db_id"]!), (string)p["gold"]!, (string)p["predicted"]!)),
        ];

        Grade[] got = [.. pairs.AsParallel().AsOrdered().Select(p => grade(p.Database, p.Gold, p.Predicted))];

        Assert.Equal(pairs.Select(p => reference.Grade(p.Database, p.Gold, p.Predicted)), got);
    }

    [Fact]
    public void A_killed_worker_is_replaced_and_its_item_graded_as_if_nothing_had_happened()
    {
        using SqlSandbox sandbox = SqlSandbox.Open(workers: 1);
        Func<string, string, string, Grade> grade = sandbox.Grader("official", new SqlLimits());
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(1, grade(workers.Database, Gold, Gold).Score);
            using Process worker = Process.GetProcessById(sandbox.WorkerIds.Single());
            worker.Kill();
            worker.WaitForExit();
        }

        Assert.Equal(1, grade(workers.Database, Gold, Gold).Score);
    }

    [Fact]
    public async Task A_query_whose_worker_gets_no_processor_is_not_late()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere the wall clock is the limit");
        using SqlSandbox sandbox = SqlSandbox.Open(workers: 1);
        Func<string, string, string, Grade> grade = sandbox.Grader("official", Short);
        int worker = sandbox.WorkerIds.Single();
        Signal(worker, "STOP");

        Task<Grade> waiting = Task.Run(
            () => grade(workers.Database, Gold, Gold),
            TestContext.Current.CancellationToken
        );

        Task twiceWhatStopsOneThatComputes = Task.Delay(
            TimeSpan.FromSeconds(2 * (Short.Seconds + Short.Grace)),
            TestContext.Current.CancellationToken
        );
        Assert.Same(twiceWhatStopsOneThatComputes, await Task.WhenAny(waiting, twiceWhatStopsOneThatComputes));
        Signal(worker, "CONT");
        Assert.Equal((1, worker), ((await waiting).Score, sandbox.WorkerIds.Single()));
    }

    [Fact]
    public void A_database_that_is_not_there_is_an_error_and_no_verdict()
    {
        string nowhere = Path.Combine(Path.GetTempPath(), "nowhere.sqlite");

        Assert.Contains(
            "nowhere.sqlite",
            Assert.Throws<InputException>(() => workers.Sandbox.Grader("official", Short)(nowhere, Gold, Gold)).Message
        );
    }

    [Fact]
    public void A_changed_database_is_read_anew()
    {
        string copy = Path.Combine(Directory.CreateTempSubdirectory().FullName, "a.sqlite");
        File.Copy(workers.Database, copy);
        Func<string, string, string, Grade> grade = workers.Sandbox.Grader("official", Short);
        Assert.Equal(1, grade(copy, "SELECT count(*) FROM sqlite_master WHERE name = 'pets'", "SELECT 0").Score);

        File.Copy(Spider("pets_1"), copy, overwrite: true);

        Assert.Equal(1, grade(copy, "SELECT count(*) FROM sqlite_master WHERE name = 'Pets'", "SELECT 1").Score);
        Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
    }

    [Fact]
    public void Without_a_worker_program_nothing_is_graded()
    {
        InputException refusal = Assert.Throws<InputException>(() =>
            SqlSandbox.Open(new WorkerProgram("/no/such/program", []))
        );

        Assert.Contains("never run in this process", refusal.Message);
    }

    [Theory]
    [InlineData(2, 24, 2)]
    [InlineData(64, 24, 8)]
    [InlineData(8, 1, 1)]
    public void All_workers_together_fit_into_half_of_the_memory(int cores, int gibibytes, int workers) =>
        Assert.Equal(workers, SqlSandbox.Places(cores, (long)gibibytes << 30));

    [Fact]
    public void Workers_end_with_a_parent_that_is_killed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the children of a process are read from /proc");
        WorkerProgram program = SqlWorker.Program()!;
        using Process parent = Process.Start(
            new ProcessStartInfo(
                program.File,
                ["sql", "--databases", Spider(""), "--time-limit", "600", "--input", "-", "--output", "-"]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        parent.StandardInput.WriteLine(
            """{"db_id": "concert_singer", "gold": "SELECT 1", "predicted": "SELECT instr(zeroblob(60000000), zeroblob(30000000) || x'01')"}"""
        );
        parent.StandardInput.Close();
        int child = Until(() =>
            File.ReadAllText($"/proc/{parent.Id}/task/{parent.Id}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(int.Parse)
                .FirstOrDefault()
        );
        using Process worker = Process.GetProcessById(child);

        parent.Kill();

        Assert.True(worker.WaitForExit(TimeSpan.FromSeconds(20)));
    }

    // The workers that this process started, with their processor time in hundredths of a second: more than 100 is a
    // worker at its query. Other tests have other children.
    private static IEnumerable<(int Id, int Ticks)> Children() =>
        Process
            .GetProcesses()
            .Select(p => (p.Id, Stat: Fields(p.Id)))
            .Where(p => p.Stat.Length > 12 && p.Stat[1] == $"{Environment.ProcessId}" && IsWorker(p.Id))
            .Select(p => (p.Id, int.Parse(p.Stat[11]) + int.Parse(p.Stat[12])));

    private static bool IsWorker(int process) => Text(process, "cmdline").Split('\0').Contains(SqlWorker.Verb);

    private static string[] Fields(int process) =>
        Text(process, "stat") is { Length: > 0 } text ? text.Split(") ")[^1].Split(' ') : [];

    // Empty for a process that has ended meanwhile.
    private static string Text(int process, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{name}");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void Signal(int process, string signal) =>
        Process.Start("kill", [$"-{signal}", $"{process}"]).WaitForExit();

    private static int Until(Func<int> found)
    {
        int id = 0;
        Assert.True(SpinWait.SpinUntil(() => (id = found()) != 0, TimeSpan.FromSeconds(30)));
        return id;
    }

    private static string Spider(string id) =>
        id.Length == 0
            ? SharedData.Of("data", "spider", "database")
            : SharedData.Of("data", "spider", "database", id, id + ".sqlite");

    public sealed class Workers : IDisposable
    {
        public Workers()
        {
            Database = Path.Combine(Directory.CreateTempSubdirectory().FullName, "concert_singer.sqlite");
            using (SqliteConnection connection = new($"Data Source={Database};Pooling=False"))
            {
                connection.Open();
                using SqliteCommand command = connection.CreateCommand();
                command.CommandText =
                    "CREATE TABLE singer (Singer_ID INT PRIMARY KEY, Name TEXT, Country TEXT, Song_Name TEXT, Song_release_year TEXT, Age INT, Is_male BOOL); "
                    + string.Concat(
                        Enumerable
                            .Range(1, 6)
                            .Select(i =>
                                $"INSERT INTO singer VALUES ({i}, 'Singer {i}', 'Country {i % 3}', 'Song {i}', '{1990 + i}', {20 + 5 * i}, 'T'); "
                            )
                    );
                command.ExecuteNonQuery();
            }

            Digest = Sha256.OfFile(Database);
        }

        public SqlSandbox Sandbox { get; } = SqlSandbox.Open(workers: 2);

        public string Database { get; }

        public string Digest { get; }

        public void Dispose()
        {
            Sandbox.Dispose();
            Directory.Delete(Path.GetDirectoryName(Database)!, recursive: true);
        }
    }
}
