using System.Text.Json;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Report.Content;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Report.ModelCard;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What a run warns of stands where a reader of its result sees it.</summary>
public sealed class RunWarningTests : IDisposable
{
    private readonly List<string> folders = [];

    public void Dispose() => folders.ForEach(f => Directory.Delete(f, recursive: true));

    [Fact]
    public void The_manifest_of_a_stage_holds_the_warnings_that_the_comparison_does_not_state()
    {
        using RunLock run = RunLock.Open(Folder());
        Stages stages = new(run, new Engines([]), new ExperimentSettings());

        stages.Report(new RunEvent.Warned("before any stage"));
        Do(stages, "prepare", new("twice"), new("twice"), new("counted") { IsStatedElsewhere = true });
        Do(stages, "base", new RunEvent.Warned("of /secret/model") { Kept = "of model" });
        Do(stages, "compare");

        Assert.Equal(["before any stage", "twice"], run.Layout.Completed("prepare")!.Warnings);
        Assert.Equal(["of model"], run.Layout.Completed("base")!.Warnings);
        Assert.Null(run.Layout.Completed("compare")!.Warnings);
    }

    [Fact]
    public void Warnings_of_a_stage_that_fails_are_not_those_of_the_next_one()
    {
        using RunLock run = RunLock.Open(Folder());
        Stages stages = new(run, new Engines([]), new ExperimentSettings());

        Assert.Throws<InputException>(() =>
            stages.Run(
                "prepare",
                "",
                [],
                () =>
                {
                    stages.Report(new RunEvent.Warned("lost"));
                    throw new InputException("stops");
                }
            )
        );
        Do(stages, "base");

        Assert.Null(run.Layout.Completed("base")!.Warnings);
    }

    [Fact]
    public void Warnings_stand_in_the_page_in_Markdown_and_in_the_model_card_as_text()
    {
        string folder = SyntheticRun.Write(everything: false);
        folders.Add(folder);
        Write(folder, "base", "mmlu: 44 rows ask only 42 different questions");
        Write(folder, "candidates/tuned/measure", $"tuned, mmlu: {SyntheticRun.Attack} is luck.");

        RunReport report = RunReport.Read(folder);
        string html = Page.Print(report),
            head = html[..html.IndexOf("</header>", StringComparison.Ordinal)],
            markdown = ReportMarkdown.Of(report),
            card = CardText.Of(report, new CardProtocols(new RunLayout(folder), "tuned"), isAdapter: true);

        Assert.Contains("<b>Warnings of the run:</b>", head);
        Assert.Contains("<li>mmlu: 44 rows ask only 42 different questions.</li>", head);
        Assert.Contains("is luck.</li>", head);
        Assert.DoesNotContain(SyntheticRun.Attack, html);
        Assert.Contains("- mmlu: 44 rows ask only 42 different questions.\n", markdown);
        Assert.Contains("is luck.\n", markdown);
        Assert.Contains("- Warning of the run: mmlu: 44 rows", card);
    }

    [Fact]
    public void Of_many_warnings_most_are_folded()
    {
        string list = WarningList.Of([.. Enumerable.Range(0, 12).Select(i => $"w{i}")], Words.English).ToString();

        Assert.Contains("<summary>4 more</summary>", list);
        Assert.True(
            list.IndexOf("w7.", StringComparison.Ordinal) < list.IndexOf("<details>", StringComparison.Ordinal)
        );
        Assert.Equal("", WarningList.Of([], Words.English).ToString());
    }

    [Fact]
    public void A_resumed_run_does_not_repeat_the_warnings_of_complete_stages()
    {
        string folder = Folder();
        List<string> told = [];
        ScriptedStudy study = new("unparsable-share");
        study = study with { Study = study.Study with { OverrideGuards = ["unparsable-share"] } };
        void Tell(RunEvent e) => told.AddRange(e is RunEvent.Warned w ? [w.Text] : []);

        study.Run(folder, Tell);
        int first = told.Count;
        study.Run(folder, Tell);

        Assert.True(first > 0);
        Assert.Equal(first, told.Count);
        Assert.DoesNotContain(
            new RunLayout(folder).Completed("base")!.Warnings ?? [],
            w => w.Contains("no answer could be read")
        );
    }

    [Fact]
    public void What_is_said_of_the_base_is_stored_by_prepare_alone_whoever_resumes_the_run()
    {
        const string doubt = "the base has an unknown setting",
            measured = "candidates/tuned/measure";
        string folder = Folder(),
            cluster = Folder();
        ScriptedStudy study = new() { DoubtOfBase = doubt };
        RunLayout run = new(folder);
        IReadOnlyList<string> Warnings() => run.Completed(measured)!.Warnings ?? [];

        study.Run(folder);
        Assert.Contains(doubt, run.Completed("prepare")!.Warnings!);

        File.Delete(run.ManifestPath(measured));
        study.Run(folder);
        Assert.DoesNotContain(doubt, Warnings());

        File.Delete(run.ManifestPath(measured));
        Assert.Equal(["tuned"], study.RunInJobs(folder));
        Assert.DoesNotContain(doubt, Warnings());

        study.Submit(cluster);
        study.RunStage(cluster, new StageNode(Stage.Prepare));
        Assert.Contains(doubt, new RunLayout(cluster).Completed("prepare")!.Warnings!);
    }

    [Fact]
    public void What_a_complete_stage_does_not_store_is_left_to_the_next_one()
    {
        using RunLock run = RunLock.Open(Folder());
        Stages stages = new(run, new Engines([]), new ExperimentSettings());
        Do(stages, "prepare", new RunEvent.Warned("of the base"));

        stages.Report(new RunEvent.Warned("of the base"));
        stages.Report(new RunEvent.Warned("of a new candidate"));
        Do(stages, "prepare");
        Do(stages, "candidates/new/measure");

        Assert.Equal(["of a new candidate"], run.Layout.Completed("candidates/new/measure")!.Warnings);
    }

    [Fact]
    public void What_is_warned_of_for_a_later_stage_is_stored_by_that_stage()
    {
        using RunLock run = RunLock.Open(Folder());
        Stages stages = new(run, new Engines([]), new ExperimentSettings());

        stages.Run(
            "looks",
            "",
            [],
            () =>
                stages.For<IReadOnlyList<string>>(
                    "candidates/a/measure",
                    () =>
                    {
                        stages.Report(new RunEvent.Warned("of a"));
                        return [];
                    }
                )
        );
        Do(stages, "base", new RunEvent.Warned("of the base"));
        Do(stages, "candidates/a/measure", new("of a"), new("of its answers"));

        Assert.Null(run.Layout.Completed("looks")!.Warnings);
        Assert.Equal(["of the base"], run.Layout.Completed("base")!.Warnings);
        Assert.Equal(["of a", "of its answers"], run.Layout.Completed("candidates/a/measure")!.Warnings);
    }

    [Fact]
    public void Candidate_that_is_asked_look_by_look_keeps_its_own_warnings()
    {
        string folder = Folder();
        ScriptedStudy study = new("short-context");

        (study with { Study = study.Study with { Decide = true } }).Run(folder);

        RunLayout run = new(folder);
        Assert.Null(run.Completed("looks")!.Warnings);
        Assert.Contains("the context of base (20 tokens)", Assert.Single(run.Completed("base")!.Warnings!));
        Assert.Contains(
            "the context of candidates/tuned (20 tokens)",
            Assert.Single(run.Completed("candidates/tuned/measure")!.Warnings!)
        );
    }

    private static void Do(Stages stages, string name, params RunEvent.Warned[] warnings) =>
        stages.Run(
            name,
            "",
            [],
            () =>
            {
                warnings.ToList().ForEach(stages.Report);
                return [];
            }
        );

    private static void Write(string folder, string stage, string warning)
    {
        Dictionary<string, string> environment = new() { ["fulcrum"] = "0.1.0" };
        Manifest manifest = new(
            stage,
            "00",
            new Dictionary<Fulcrum.Files.RelativeName, string>(),
            1,
            environment,
            Warnings: [warning]
        );
        File.WriteAllText(
            new RunLayout(folder).ManifestPath(stage),
            JsonSerializer.Serialize(manifest, ManifestJson.Default.Manifest)
        );
    }

    private string Folder()
    {
        folders.Add(Directory.CreateTempSubdirectory().FullName);
        return folders[^1];
    }
}
