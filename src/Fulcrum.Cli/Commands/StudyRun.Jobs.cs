using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Jobs;
using Fulcrum.Jobs.Slurm;
using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Torch;

namespace Fulcrum.Cli.Commands;

/// <content>Running a study as jobs of a cluster, and doing single stages as such a job.</content>
internal sealed partial class StudyRun
{
    private const int MostSubmissions = 5;

    private int RunOnSlurm(
        Study study,
        StudySources sources,
        RunLayout layout,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        if (!parsed.GetValue(allowCommand))
        {
            ExternalTrainer.RefuseCommands(study, layout);
        }

        Study expanded = SubmitJobs(study, sources, layout, parsed, cancellation);
        if (jobs.IsDetached(parsed))
        {
            Console.Out.WriteLine($"fulcrum status {layout.Root} shows how far it is");
            if (results.AreGiven(parsed))
            {
                HubAccess.Say(
                    "--require, --junit and --harness-results need the finished run, so --detach does not apply them; "
                        + $"give them to fulcrum report {layout.Root} then"
                );
            }

            return 0;
        }

        SlurmWatch watch = new(layout, expanded, parsed.GetValue(until));
        bool complete = false;
        for (int again = 0; !complete; again++)
        {
            if (again > MostSubmissions)
            {
                throw new FulcrumException(
                    "Slurm lost jobs of the run again and again; fulcrum status shows what is missing"
                );
            }

            if (again > 0)
            {
                SubmitJobs(study, sources, layout, parsed, cancellation);
            }

            new ConsoleProgress(parsed).Show(report => complete = watch.Follow(report, cancellation));
        }

        if (parsed.GetValue(until) < Stage.Compare)
        {
            PrintStopped(layout, parsed);
            return 0;
        }

        Comparison found = ComparisonJson.Read(layout.Comparison);
        Print(found, layout, parsed);
        results.Finish(found, layout, parsed);
        return 0;
    }

    // The run is held only while jobs are submitted: from then on each job holds what it works at.
    private Study SubmitJobs(
        Study study,
        StudySources sources,
        RunLayout layout,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        using RunLock run = RunLock.Open(layout.Root);
        sources.Commits.Write(run.Layout.HubCommits);
        using SqlSandbox sandbox = Sandbox.Open();
        TorchEngine torch = new(null, null, parsed.GetValue(plain));
        Engines engines = EnginesOf(torch);
        Submission submission = RunState.Submit(study, run, engines, OpenCorpus(study, sandbox, parsed), Notices.Warn);
        SlurmRun slurm = new(
            layout,
            submission,
            jobs.SlurmOf(parsed),
            JobOptions.Tool(),
            Flags(submission.Study, parsed)
        );
        int count = slurm.Submit(parsed.GetValue(until), cancellation);
        Console.Error.WriteLine(
            count == 0
                ? "no job was submitted: every stage is complete, or its job waits or runs already"
                : $"submitted {count} {(count == 1 ? "job" : "jobs")} to Slurm; they go on if this command ends"
        );
        return submission.Study;
    }

    // What a process of the run's jobs does: one stage, or those that its standard input names.
    private int RunStage(
        string stage,
        Study study,
        RunLayout layout,
        Requirements? required,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        using SqlSandbox sandbox = Sandbox.Open();
        if (stage == "-")
        {
            using RunLock all = RunLock.Join(layout.Root);
            return new StageLoop(Console.In, Console.Out).Run(
                (report, nodes, ended, stopped) =>
                    Experiment(
                            study,
                            all,
                            sandbox,
                            null,
                            Log(layout, $"{Environment.ProcessId}", parsed),
                            report,
                            null,
                            parsed
                        )
                        .Work(nodes, ended, stopped),
                cancellation
            );
        }

        StageNode node = StageNode.Parse(stage);
        void Work(RunLock run) =>
            new ConsoleProgress(parsed, whole: true).Show(report =>
                Experiment(study, run, sandbox, required, Log(layout, node.Place, parsed), report, null, parsed)
                    .Work([node], null, cancellation)
            );
        // Compare and report write each file whole, so they need no lock, and a command may submit meanwhile.
        bool alone = node.Stage < Stage.Candidates && !jobs.IsJob(parsed);
        if (node.Stage > Stage.Candidates || jobs.AttemptOf(parsed, node, layout) is not { } attempt)
        {
            using RunLock run = alone ? RunLock.Open(layout.Root) : RunLock.Join(layout.Root);
            Work(run);
        }
        else if (!AttemptedStage.Run(Named(attempt, study, sandbox, parsed), study, Work))
        {
            Console.Error.WriteLine($"{node}: another attempt is complete already");
        }

        return 0;
    }

    // Names the candidate of a place in a round of a search. It follows from the answers of the round before. A
    // complete candidate is not tried again.
    private Attempt Named(Attempt attempt, Study study, SqlSandbox sandbox, ParseResult parsed)
    {
        if (attempt.Node.Kind != NodeKind.Round)
        {
            return attempt;
        }

        using RunLock run = RunLock.Join(attempt.Run);
        FileLog log = Log(run.Layout, attempt.Node.Place, parsed);
        IReadOnlyList<string> names = Experiment(study, run, sandbox, null, log, _ => { }, null, parsed)
            .NamesAt(attempt.Node);
        return attempt.Trying(names);
    }

    private FileLog Log(RunLayout layout, string name, ParseResult parsed) =>
        new(layout.At("logs", name.Replace('/', '-') + ".log"), LevelOf(parsed.GetRequiredValue(level)));

    // What another process of this run needs to know: the study is in the run folder.
    private IReadOnlyList<string> Flags(Study study, ParseResult parsed) =>
        [
            .. parsed.GetValue(allowCommand) ? (string[])["--allow-command"] : [],
            .. parsed.GetValue(plain) ? (string[])["--plain"] : [],
            .. NamedKeys(study, parsed).SelectMany(k => (string[])["--api-key-env", k]),
            .. results.Named(parsed) is { } bounds ? (string[])["--require", bounds] : [],
            "--log-level",
            parsed.GetRequiredValue(level),
            "--language",
            parsed.GetRequiredValue(language),
        ];

    // The other process runs the study file, whose keys count only if the command line names them.
    private IEnumerable<string> NamedKeys(Study study, ParseResult parsed) =>
        describedByCommandLine
            ? ServerKeys.OfCommandLine(study).Select(k => $"{k.Key}={k.Value}")
            : parsed.GetValue(keys) ?? [];
}
