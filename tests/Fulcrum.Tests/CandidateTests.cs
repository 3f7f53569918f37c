using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The ways in which a candidate is obtained, with a model that is a few lines of code.</summary>
public sealed class CandidateTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("candidates").FullName;

    private string RunFolder => Path.Combine(home, "run");

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public void One_adapter_trained_given_merged_or_as_replies_gives_the_same_answers_and_comparison()
    {
        ScriptedStudy scripted = new();
        scripted.Run(RunFolder);
        Dictionary<string, string> before = Bytes();
        ScriptedStudy more = With(
            scripted,
            ("given", new(Adapter: Path.Combine(RunFolder, "candidates", "tuned", "adapter"))),
            ("merged", new(Model: Merged(scripted))),
            ("answers", new(Replies: Replies("tuned")))
        );

        Comparison comparison = more.Run(RunFolder);

        string[] all = [.. comparison.Candidates.Select(c => Figures(c))];
        Assert.Equal(4, all.Length);
        Assert.Single(all.Distinct());
        foreach (string task in (string[])["sql", "knowledge"])
        {
            Assert.Single(
                comparison
                    .Candidates.Select(c => string.Join('\n', Scores(Path.Combine("candidates", c.Name, task))))
                    .Distinct()
            );
        }

        Assert.All(
            before.Where(f => f.Key.StartsWith("base") || f.Key.StartsWith("candidates")),
            f => Assert.Equal(f.Value, Bytes()[f.Key])
        );
        // The base once, the merged model, and the probes of two adapters without the adapter.
        Assert.Equal(4, more.Loaded.Count(a => a is null));
    }

    [Fact]
    public void A_run_that_stops_in_any_stage_of_three_candidates_is_resumed_to_the_same_bytes()
    {
        ScriptedStudy study = ThreeCandidates();
        study.Run(RunFolder, allowCommand: true);
        Dictionary<string, string> whole = Bytes();
        List<string> stages = [];
        string other = Path.Combine(home, "other");
        study.Run(other, e => stages.AddRange(e is RunEvent.StageStarted s ? [s.Stage] : []), allowCommand: true);

        foreach (string stage in stages)
        {
            Directory.Delete(other, recursive: true);
            Assert.Throws<StoppedException>(() => study.Run(other, StopIn(stage), allowCommand: true));
            study.Run(other, allowCommand: true);

            Assert.Equal(whole, Bytes(other));
        }

        Assert.Equal(8, stages.Count); // prepare, base, two ways of obtaining, three measurements, compare
    }

    [Fact]
    public void An_external_trainer_gets_data_base_and_seed_and_its_adapter_log_exit_code_and_time_are_kept()
    {
        ScriptedStudy study = Trained(
            """
            grep -q '"messages"' "$1/messages.jsonl" && grep -q '"completion"' "$1/completions.jsonl" || exit 8
            test -f "$3/config.json" || exit 9
            printf 1 > "$2/adapter_model.safetensors"; printf '{}' > "$2/adapter_config.json"; echo rest > "$2/optimizer.pt"
            echo "output $2"; echo "seed $4" >&2
            """
        );

        CandidateComparison outside = study.Run(RunFolder, allowCommand: true).Candidates.Single();

        string place = Path.Combine(RunFolder, "candidates", "outside");
        string log = File.ReadAllText(Path.Combine(place, "command.log"));
        JsonNode record = JsonNode.Parse(File.ReadAllText(Path.Combine(place, "command.json")))!;
        Assert.Contains("seed 42", log);
        Assert.DoesNotContain($"output {RunFolder}", log);
        Assert.Equal(0, (int)record["exit_code"]!);
        Assert.True((double)record["seconds"]! > 0);
        Assert.Equal(
            ["adapter_config.json", "adapter_model.safetensors"],
            Directory.EnumerateFiles(Path.Combine(place, "adapter")).Select(f => Path.GetFileName(f)).Order()
        );
        Assert.True(outside.Tasks[0].After.Score > outside.Tasks[0].Before.Score);
    }

    [Fact]
    public void An_external_trainer_may_leave_a_whole_model()
    {
        ScriptedStudy study = Trained($"cp \"$3\"/* \"$2\"; printf 1 > \"$2/{ScriptedStudy.MergedName}\"");

        CandidateComparison outside = study.Run(RunFolder, allowCommand: true).Candidates.Single();

        Assert.True(outside.Tasks[0].After.Score > outside.Tasks[0].Before.Score);
        Assert.True(File.Exists(Path.Combine(RunFolder, "candidates", "outside", "model", "config.json")));
    }

    [Theory]
    [InlineData("echo it broke; exit 3", "candidates.outside.command ended with exit code 3; its output is in ")]
    [InlineData("echo nothing", "candidates.outside.command left neither an adapter (adapter_config.json, ")]
    public void A_command_that_fails_or_leaves_no_model_is_one_sentence_and_its_output_is_kept(
        string script,
        string says
    )
    {
        ScriptedStudy study = Trained(script);

        FulcrumException failed = Assert.Throws<FulcrumException>(() => study.Run(RunFolder, allowCommand: true));

        string log = Path.Combine(RunFolder, "candidates", "outside", "command.log");
        Assert.StartsWith(says, failed.Message);
        Assert.EndsWith(log, failed.Message);
        Assert.NotEmpty(File.ReadAllText(log));
        Assert.DoesNotContain('\n', failed.Message);
    }

    [Fact]
    public void A_program_that_does_not_exist_is_named() =>
        Assert.StartsWith(
            "candidates.outside.command: cannot start no-such-trainer: ",
            Assert
                .Throws<InputException>(() =>
                    With(new ScriptedStudy(), only: true, ("outside", new(Command: "no-such-trainer {data}")))
                        .Run(RunFolder, allowCommand: true)
                )
                .Message
        );

    [Fact]
    public void A_command_that_was_not_allowed_is_shown_before_anything_is_measured()
    {
        ScriptedStudy study = With(
            new ScriptedStudy(),
            ("outside", new(Command: "sh steal.sh\u001b[2J {data} {output}"))
        );

        InputException refused = Assert.Throws<InputException>(() => study.Run(RunFolder));

        Assert.Contains("candidates.outside.command runs a program: sh steal.sh", refused.Message);
        Assert.Contains("{data} {output}", refused.Message);
        Assert.Contains("--allow-command", refused.Message);
        Assert.DoesNotContain('\u001b', refused.Message);
        Assert.Empty(study.Loaded);
    }

    [Theory]
    [InlineData("", "there is no reply to the item 'dev/7' of sql")]
    [InlineData("""{"id":"dev/99","reply":"x"}""", "line 40: sql has no item 'dev/99'")]
    [InlineData("""{"id":"dev/3","reply":"x"}""", "line 40: the id 'dev/3' occurs a second time")]
    [InlineData("""{"id":"dev/7","log_likelihoods":[1]}""", "line 40: there is no text 'reply'")]
    [InlineData("""{"id":"dev/7","answer":"x"}""", "line 40: ")]
    [InlineData("""{"reply":"x"}""", "line 40: there is no id")]
    public void Replies_that_do_not_fit_the_items_are_named_with_their_line(string instead, string says)
    {
        ScriptedStudy scripted = new();
        scripted.Run(RunFolder);
        Dictionary<string, string> files = Replies("tuned");
        string[] kept = [.. File.ReadLines(files["sql"]).Where(l => !l.Contains("\"dev/7\""))];
        File.WriteAllLines(files["sql"], instead.Length > 0 ? [.. kept, instead] : kept);

        InputException refused = Assert.Throws<InputException>(() =>
            With(scripted, ("answers", new(Replies: files))).Run(RunFolder)
        );

        Assert.StartsWith(files["sql"], refused.Message);
        Assert.Contains(says, refused.Message);
    }

    [Fact]
    public void An_adapter_that_several_candidates_apply_is_checked_once()
    {
        ScriptedStudy study = With(
            ThreeCandidates(),
            ("quarter", new(From: "theirs", Lambda: 0.25)),
            ("half", new(From: "theirs", Lambda: 0.5))
        );

        study.Run(RunFolder, allowCommand: true);

        Assert.Equal(Path.Combine(home, "theirs"), Assert.Single(study.Checked)!.Folder);
    }

    [Fact]
    public void A_base_that_changes_while_a_stage_works_is_noticed_at_its_end()
    {
        ScriptedStudy study = new();
        string config = Path.Combine(study.Study.Base.Model, "config.json");
        DateTime then = File.GetLastWriteTimeUtc(config);
        void Change(RunEvent happened)
        {
            if (happened is RunEvent.Progressed { Stage: "base" } && File.ReadAllText(config) == "{}")
            {
                File.WriteAllText(config, "[]"); // the same size, and the time is set back
                File.SetLastWriteTimeUtc(config, then);
            }
        }

        InputException refused = Assert.Throws<InputException>(() => study.Run(RunFolder, Change));

        Assert.Contains("changed while the run was under way", refused.Message);
    }

    [Theory]
    [InlineData("served", "KEY")]
    [InlineData("other", null)]
    public void A_server_gets_the_key_only_if_its_candidate_was_named_outside_of_the_study(string named, string? sent)
    {
        ScriptedStudy study = With(
            new ScriptedStudy(),
            only: true,
            ("served", new(Endpoint: "http://127.0.0.1:1/v1", Served: "tuned"))
        );
        AskedServer server = new(study.Study.Base.Model);
        Dictionary<string, string> keys = new() { [named] = "KEY" };

        Assert.Throws<StoppedException>(() => study.Run(RunFolder, server: server, keys: keys));

        Assert.Equal(sent, server.Opened?.ApiKeyVariable);
        Assert.DoesNotContain("KEY", File.ReadAllText(Path.Combine(RunFolder, "study.json")));
    }

    [Fact]
    public void A_server_whose_context_is_known_only_once_it_is_open_gives_the_warnings_of_prompts_then()
    {
        ScriptedStudy study = With(
            new ScriptedStudy(),
            only: true,
            ("served", new(Endpoint: "http://127.0.0.1:1/v1", Served: "tuned"))
        );
        List<string> warnings = [];

        Assert.Throws<StoppedException>(() =>
            study.Run(
                RunFolder,
                e => warnings.AddRange(e is RunEvent.Warned w ? [w.Text] : []),
                server: new AskedServer(study.Study.Base.Model, context: 20),
                keys: new Dictionary<string, string> { ["served"] = "KEY" }
            )
        );

        string warning = Assert.Single(warnings, w => w.Contains("prompts the context of"));
        Assert.Contains("sql: after 40 of 40 prompts the context of candidates/served (20 tokens) has less", warning);
    }

    // --- arrangement
    // ---------------------------------------------------------------------------------------------------

    private sealed class StoppedException : Exception;

    /// <summary>Notes which server is opened, and stops there.</summary>
    /// <param name="context">Stops at the first request instead, of a model of this context length.</param>
    private sealed class AskedServer(string tokenizer, int? context = null) : IEngine
    {
        public ModelSource.Endpoint? Opened { get; private set; }

        public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

        public bool Opens(ModelSource source) => source is ModelSource.Endpoint;

        public ModelSpec Resolve(ModelSpec model) => model;

        public string DigestOf(ModelSpec model) => "server";

        public PromptEncoding LoadEncoding(ModelSpec model) => PromptEncoding.Load(tokenizer);

        public ILanguageModel Open(ModelSpec model)
        {
            Opened = (ModelSource.Endpoint)model.Source;
            return context is { } length ? new Unasked(length) : throw new StoppedException();
        }

        private sealed class Unasked(int context) : ILanguageModel
        {
            public int ContextLength => context;

            public int ScoredLength => context;

            public void Score(
                IReadOnlyList<ScoreRequest> requests,
                Action<int, IReadOnlyList<ContinuationScore>> answered,
                CancellationToken cancellation = default
            ) => throw new StoppedException();

            public void Complete(
                IReadOnlyList<CompletionRequest> requests,
                Action<int, Completion> answered,
                CancellationToken cancellation = default
            ) => throw new StoppedException();

            public void Dispose() { }
        }
    }

    // As a kill would: at the first sign of work, or at the begin of a stage that shows none.
    private static Action<RunEvent> StopIn(string stage) =>
        happened =>
        {
            bool measures = stage == RunLayout.Base || stage.EndsWith("tuned/measure", StringComparison.Ordinal);
            bool stop = measures
                ? happened is RunEvent.Progressed at && at.Stage == stage && at.Done > 1
                : happened is RunEvent.StageStarted begun && begun.Stage == stage;
            if (stop)
            {
                throw new StoppedException();
            }
        };

    private ScriptedStudy ThreeCandidates()
    {
        string theirs = Directory.CreateDirectory(Path.Combine(home, "theirs")).FullName;
        File.WriteAllText(Path.Combine(theirs, "adapter_model.safetensors"), "0.5");
        File.WriteAllText(Path.Combine(theirs, "adapter_config.json"), "{}");
        ScriptedStudy outside = Trained("cp " + theirs + "/* \"$2\"");
        return With(
            new ScriptedStudy(),
            ("theirs", new(Adapter: theirs)),
            ("outside", outside.Study.Candidates["outside"])
        );
    }

    private ScriptedStudy Trained(string script)
    {
        string file = Path.Combine(home, "train.sh");
        File.WriteAllText(file, script + "\n");
        CandidatePlan plan = new(Command: $"sh '{file}' {{data}} {{output}} {{base}} {{seed}}");
        return With(new ScriptedStudy(), only: true, ("outside", plan));
    }

    private static ScriptedStudy With(ScriptedStudy study, params (string Name, CandidatePlan Plan)[] candidates) =>
        With(study, only: false, candidates);

    private static ScriptedStudy With(
        ScriptedStudy study,
        bool only,
        params (string Name, CandidatePlan Plan)[] candidates
    )
    {
        Dictionary<string, CandidatePlan> all = new(only ? [] : study.Study.Candidates);
        candidates.ToList().ForEach(c => all.Add(c.Name, c.Plan));
        return study with { Study = study.Study with { Candidates = all } };
    }

    private string Merged(ScriptedStudy study)
    {
        string folder = Directory.CreateDirectory(Path.Combine(home, "merged")).FullName;
        foreach (string file in Directory.EnumerateFiles(study.Study.Base.Model))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        File.Copy(
            Path.Combine(RunFolder, "candidates", "tuned", "adapter", "adapter_model.safetensors"),
            Path.Combine(folder, ScriptedStudy.MergedName)
        );
        return folder;
    }

    private Dictionary<string, string> Replies(string candidate) =>
        ((string[])["sql", "knowledge"]).ToDictionary(
            task => task,
            task =>
            {
                string file = Path.Combine(home, $"{task}-replies.jsonl");
                File.WriteAllLines(file, Lines(Path.Combine("candidates", candidate, task)).Select(Reply));
                return file;
            }
        );

    private static string Reply(JsonNode answer)
    {
        string field = answer["reply"] is null ? "log_likelihoods" : "reply";
        return new JsonObject
        {
            ["id"] = answer["id"]!.DeepClone(),
            [field] = answer[field]!.DeepClone(),
        }.ToJsonString();
    }

    private IEnumerable<JsonNode> Lines(string answers) =>
        File.ReadLines(Path.Combine(RunFolder, answers + ".jsonl")).Select(l => JsonNode.Parse(l)!);

    private IEnumerable<string> Scores(string answers) =>
        Lines(answers).Select(a => $"{a["id"]} {a["score"]} {a["prediction"]}");

    private static string Figures(CandidateComparison candidate) =>
        string.Join('\n', candidate.Tasks.Select(t => $"{t.Task} {t.Before} {t.After} {t.Difference}"));

    private Dictionary<string, string> Bytes(string? folder = null) =>
        Directory
            .EnumerateFiles(folder ?? RunFolder, "*", SearchOption.AllDirectories)
            .Where(f => !IsOfItsTime(f))
            .ToDictionary(f => Path.GetRelativePath(folder ?? RunFolder, f), Sha256.OfFile);

    private static bool IsOfItsTime(string file) =>
        file.EndsWith(".manifest.json", StringComparison.Ordinal)
        || Path.GetFileName(file) is "heartbeat.json" or "run.lock" or "run.log" or "command.json" or "candidate.lock";
}
