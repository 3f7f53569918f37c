using System.IO.Compression;
using System.Text;
using Fulcrum.Data.Hub;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Harness;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests.Hub;

/// <summary>A study whose models and data are names on the hub.</summary>
public sealed class HubStudyTests : IDisposable
{
    private static string Mmlu => SharedData.Of("data", "hub", "cais--mmlu");
    private static string Spider => SharedData.Of("data", "hub", "xlangai--spider");

    private readonly FakeHub hub = new();
    private readonly List<string> said = [];

    private string Folder => Directory.CreateDirectory(Path.Combine(hub.Home, "here")).FullName;

    public HubStudyTests() =>
        hub.With("org/base", "config.json", "{}")
            .With("org/base", "model.safetensors", FakeHub.Bytes(50_000))
            .With("org/lora", "adapter_config.json", "{}")
            .With("org/lora", "adapter_model.safetensors", FakeHub.Bytes(7_000))
            .With("datasets/org/rows", "data/test-00000-of-00002.jsonl", """{"prompt":"a","target":"b"}""" + "\n")
            .With("datasets/org/rows", "data/test-00001-of-00002.jsonl", """{"prompt":"c","target":"d"}""" + "\n");

    public void Dispose() => hub.Dispose();

    [Fact]
    public void Names_on_the_hub_become_paths_and_the_printed_study_has_their_commits()
    {
        using StudySources sources = Sources();
        Study study = sources.Locate(Named(), Folder);
        sources.Fetch();
        string printed = StudyFile.Print(study, Folder);

        Assert.True(File.Exists(Path.Combine(study.Base.Model, "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(study.Candidates["lora"].Adapter!, "adapter_model.safetensors")));
        StudyFile.RequireFiles(study, "x");
        Assert.Contains($"\"org/base@{FakeHub.Commit("org/base", "main")}\"", printed);
        Assert.Contains($"\"org/lora@{FakeHub.Commit("org/lora", "main")}\"", printed);
        Assert.Contains($"\"org/rows@{FakeHub.Commit("datasets/org/rows", "main")}:default/test\"", printed);
        Assert.DoesNotContain(hub.Home, printed);
        string file = Path.Combine(Folder, "study.json");
        File.WriteAllText(file, printed);
        Assert.Equal(printed, StudyFile.Print(StudyFile.Load(file), Folder));
    }

    [Fact]
    public void Everything_is_listed_with_its_size_before_the_first_file_is_fetched()
    {
        using StudySources sources = Sources();
        sources.Locate(Named(), Folder);

        Assert.Equal(
            ["base 50002", "tasks.rows 56", "candidates.lora 7002"],
            sources.Needs.Select(n => $"{n.Key} {n.Content.Missing.Bytes}")
        );
        Assert.DoesNotContain(hub.Log, r => r.Path.Contains("/resolve/"));
    }

    [Fact]
    public void Rows_of_a_split_are_numbered_over_its_files_from_0()
    {
        using StudySources sources = Sources();
        Study study = sources.Locate(Named(), Folder);
        sources.Fetch();

        ITask task = study.NamedTasks[0].Open(new TaskOpening(1, null, null!));

        Assert.Equal(["test/0", "test/1"], task.Items.Select(i => i.Id));
        Assert.Equal(2, study.NamedTasks[0].Paths().Count);
        Assert.Equal(
            [$"org/rows@{FakeHub.Commit("datasets/org/rows", "main")}:default/test"],
            study.HubNamesOf(study.Tasks["rows"])
        );
    }

    [Fact]
    public void A_data_set_that_a_task_file_names_is_pinned_and_belongs_to_the_digest()
    {
        string file = Path.Combine(Folder, "rows.yaml");
        File.WriteAllText(
            file,
            "task: rows\ndataset_path: org/rows\noutput_type: generate_until\ntest_split: test\n"
                + "doc_to_text: prompt\ndoc_to_target: target\ngeneration_kwargs: {until: [\"\\n\"]}\n"
        );
        using StudySources sources = Sources();
        Study named = Named() with
        {
            Tasks = new Dictionary<string, TaskPlan> { ["rows"] = new HarnessPlan(File: "rows.yaml") },
        };
        Study study = sources.Locate(named, Folder);
        sources.Fetch();
        string pinned = $"org/rows@{FakeHub.Commit("datasets/org/rows", "main")}",
            printed = StudyFile.Print(study, Folder);

        Assert.Contains($"\"org/rows\": \"{pinned}\"", printed);
        Assert.Equal([pinned], study.HubNamesOf(study.Tasks["rows"]));
        Assert.Equal(3, study.NamedTasks[0].Paths().Count);
        Assert.Equal(2, study.NamedTasks[0].Open(new TaskOpening(1, null, null!)).Items.Count);
        Assert.Equal(printed, StudyFile.Print(Located(printed), Folder));
    }

    [Fact]
    public void A_resumed_run_takes_the_commit_of_its_begin_although_the_branch_moved()
    {
        string next = new('a', 40),
            file = Path.Combine(Folder, "hub.json");
        hub.Repositories["org/base"][next] = new() { ["config.json"] = "{\"new\": 1}"u8.ToArray() };
        using (StudySources first = Sources())
        {
            first.Locate(Named(), Folder);
            first.Fetch();
            first.Commits.Write(file);
        }

        hub.Instead = (request, response) =>
        {
            bool asked = request.Path.EndsWith("org/base/revision/main", StringComparison.Ordinal);
            if (asked)
            {
                response.OutputStream.Write(Encoding.UTF8.GetBytes($$"""{"sha":"{{next}}"}"""));
            }

            return asked;
        };
        using StudySources resumed = Sources(HubCommits.Read(file)),
            fresh = Sources();

        Assert.EndsWith(FakeHub.Commit("org/base", "main"), resumed.Locate(Named(), Folder).Base.Model);
        Assert.EndsWith(next, fresh.Locate(Named(), Folder).Base.Model);
    }

    [Fact]
    public void Without_the_hub_the_cache_serves_the_study()
    {
        using (StudySources first = Sources())
        {
            first.Locate(Named(), Folder);
            first.Fetch();
        }

        int before = hub.Log.Count;
        hub.Variables["HF_HUB_OFFLINE"] = "1";
        using StudySources offline = Sources();
        StudyFile.RequireFiles(offline.Locate(Named(), Folder), "x");
        offline.Fetch();

        Assert.Equal(before, hub.Log.Count);
    }

    [Fact]
    public void A_folder_takes_precedence_over_a_name_on_the_hub_and_this_is_reported()
    {
        string own = Directory.CreateDirectory(Path.Combine(Folder, "org", "base")).FullName;
        using StudySources sources = Sources();

        Assert.Equal(own, sources.Locate(Named(), Folder).Base.Model);
        Assert.Contains(said, s => s.StartsWith($"base: the folder {own} is used"));
        Assert.Contains(said, s => s.StartsWith("candidates.lora: org/lora is org/lora@"));
    }

    [Fact]
    public void An_unknown_name_is_reported_with_its_key()
    {
        using StudySources sources = Sources();
        Study study = Named() with { Base = new BasePlan("org/nowhere") };

        string message = Assert.Throws<InputException>(() => sources.Locate(study, Folder)).Message;

        Assert.StartsWith($"base: there is no file or folder {Path.Combine(Folder, "org", "nowhere")}; ", message);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"models/org/base@main": "main"}""")]
    public void Stored_commits_that_are_none_are_refused(string text)
    {
        string file = Path.Combine(Folder, "hub.json");
        File.WriteAllText(file, text);

        Assert.StartsWith(file, Assert.Throws<InputException>(() => HubCommits.Read(file)).Message);
    }

    [Fact]
    public void Mmlu_has_the_same_items_in_both_layouts()
    {
        foreach (string path in Files(Mmlu))
        {
            hub.With("datasets/cais/mmlu", path, File.ReadAllBytes(Path.Combine(Mmlu, path)));
        }

        using StudySources sources = Sources();
        Study study = sources.Locate(
            Named() with
            {
                Tasks = new Dictionary<string, TaskPlan>
                {
                    ["hub"] = new MmluPlan(Data: "cais/mmlu"),
                    ["csv"] = new MmluPlan(Data: SharedData.Of("data", "mmlu", "data")),
                },
            },
            Folder
        );
        sources.Fetch();
        string[] subjects = ["abstract_algebra", "machine_learning", "philosophy"];
        ITask[] tasks =
        [
            .. study.NamedTasks.Select(t =>
                ((MmluPlan)t with { Name = "mmlu", Subjects = subjects }).Open(new TaskOpening(1, null, null!))
            ),
        ];

        Assert.Equal(523, tasks[0].Items.Count);
        Assert.Equal(tasks[1].Items, tasks[0].Items);
        Assert.All(tasks[0].Items, i => Assert.Equal(Asked(tasks[1], i), Asked(tasks[0], i)));
        Assert.DoesNotContain(hub.Log, r => r.Path.Contains("auxiliary_train") && r.Path.Contains("/resolve/"));
    }

    [Theory]
    [InlineData(AnswerForm.Index)]
    [InlineData(AnswerForm.Letter)]
    public void A_class_label_is_read_by_its_number_or_by_its_name(AnswerForm form)
    {
        MultipleChoicePlan plan = new("choice", $"{Mmlu}:philosophy/test", Options: ["choices"], AnswerForm: form);

        ITask task = plan.Open(new TaskOpening(1, null, null!));

        Assert.Equal(311, task.Items.Count);
        Assert.Equal("test/310", task.Items[^1].Id);
        Assert.Equal(["A", "B", "C", "D"], task.Items.Select(i => i.Target).Distinct().Order());
    }

    [Fact]
    public void Spider_has_its_questions_from_the_hub_and_its_databases_from_an_archive()
    {
        foreach (string path in Files(Spider))
        {
            hub.With("datasets/xlangai/spider", path, File.ReadAllBytes(Path.Combine(Spider, path)));
        }

        string archive = Path.Combine(Folder, "spider.zip");
        ZipFile.CreateFromDirectory(SharedData.Of("data", "spider"), archive, CompressionLevel.Fastest, true);
        string databases = SpiderArchive.Folder(archive, Path.Combine(hub.Home, "unpacked"));
        using StudySources sources = Sources();
        Study study = sources.Locate(
            Named() with
            {
                Tasks = new Dictionary<string, TaskPlan>
                {
                    ["spider"] = new SpiderPlan(Data: "xlangai/spider", Databases: databases),
                    ["folder"] = new SpiderPlan(Data: SharedData.Of("data", "spider")),
                },
            },
            Folder
        );
        sources.Fetch();
        TaskOpening opening = new(
            1,
            null,
            (_, _) => (database, _, _) => new Grade(File.Exists(database) ? 1 : 0, "", "")
        );
        ITask[] tasks = [.. study.NamedTasks.Select(t => (t with { Name = "spider" }).Open(opening))];

        Assert.Equal(1034, tasks[0].Items.Count);
        Assert.Equal(tasks[1].Items.Select(Without), tasks[0].Items.Select(Without));
        Assert.All(tasks[0].Items.Take(20), i => Assert.Equal(Asked(tasks[1], i), Asked(tasks[0], i)));
        Assert.Equal(1.0, tasks[0].Grade(tasks[0].Items[0], tasks[0].Gold(tasks[0].Items[0])!).Score);
    }

    [Fact]
    public void Spider_without_databases_says_where_to_get_them()
    {
        SpiderPlan plan = new("spider", Spider);

        string message = Assert.Throws<InputException>(() => plan.RequireFiles("study.json")).Message;

        Assert.StartsWith("study.json: tasks.spider.data: there is no folder 'database' ", message);
        Assert.Contains("https://yale-lily.github.io/spider", message);
        Assert.Contains("\"databases\"", message);
    }

    [Fact]
    public void Missing_databases_and_folders_are_found_before_the_first_file_is_fetched()
    {
        hub.With("datasets/xlangai/spider", "spider/train.parquet", "x");
        using StudySources sources = Sources();
        Study spider = Named() with
        {
            Tasks = new Dictionary<string, TaskPlan> { ["sql"] = new SpiderPlan(Data: "xlangai/spider") },
        };
        Study folder = Named() with
        {
            Candidates = new Dictionary<string, CandidatePlan> { ["theirs"] = new(Adapter: "./theirs") },
        };

        string databases = Assert.Throws<InputException>(() => sources.Locate(spider, Folder)).Message;
        string adapter = Assert
            .Throws<InputException>(() => StudyFile.RequireFiles(sources.Locate(folder, Folder), "x", fetched: false))
            .Message;

        Assert.StartsWith("tasks.sql: xlangai/spider has Spider's questions without the databases. ", databases);
        Assert.StartsWith($"x: candidates.theirs: there is no file or folder {Folder}", adapter);
        Assert.DoesNotContain(hub.Log, r => r.Path.Contains("/resolve/"));
    }

    [Theory]
    [InlineData("tables.json database/a/a.sqlite database/../../evil/evil.sqlite", null)]
    [InlineData("spider/tables.json spider/database/a/a.sqlite spider/database/a/b.sqlite spider/database/x", null)]
    [InlineData("tables.json database/a/a.sqlite database/a/a.sqlite", "occurs twice")]
    [InlineData("database/a/a.sqlite", "holds no Spider databases")]
    [InlineData("tables.json database/a/other.sqlite", "holds no database/DB/DB.sqlite")]
    public void An_archive_is_unpacked_only_where_its_databases_belong(string entries, string? says)
    {
        string archive = Path.Combine(Folder, "a.zip"),
            cache = Path.Combine(hub.Home, "unpacked");
        using (ZipArchive zip = ZipFile.Open(archive, ZipArchiveMode.Create))
        {
            foreach (string entry in entries.Split(' '))
            {
                using StreamWriter writer = new(zip.CreateEntry(entry).Open());
                writer.Write(entry);
            }
        }

        if (says is null)
        {
            string folder = SpiderArchive.Folder(archive, cache);
            Assert.Equal(["database/a/a.sqlite", "tables.json"], Files(folder).Order());
            Assert.Equal(folder, SpiderArchive.Folder(archive, cache));
        }
        else
        {
            string message = Assert.Throws<InputException>(() => SpiderArchive.Folder(archive, cache)).Message;
            Assert.Contains(says, message);
            Assert.Empty(Directory.EnumerateFileSystemEntries(cache));
        }

        Assert.False(Directory.Exists(Path.Combine(hub.Home, "evil")));
    }

    [Fact]
    public void A_damaged_archive_is_one_sentence()
    {
        string archive = Path.Combine(Folder, "a.zip");
        File.WriteAllBytes(archive, FakeHub.Bytes(1000));

        string message = Assert
            .Throws<InputException>(() => SpiderArchive.Folder(archive, Path.Combine(hub.Home, "unpacked")))
            .Message;

        Assert.StartsWith($"{archive}: the archive is damaged", message);
    }

    // --- arrangement
    // ---------------------------------------------------------------------------------------------------

    private static Study Named() =>
        new(
            new BasePlan("org/base", Dtype.F32, Device: "cpu"),
            new Dictionary<string, TaskPlan>
            {
                ["rows"] = new GenerationPlan(File: "org/rows:default/test", Input: "prompt", Target: "target"),
            },
            new Dictionary<string, CandidatePlan> { ["lora"] = new(Adapter: "org/lora") }
        );

    private Study Located(string printed)
    {
        using StudySources again = Sources();
        return again.Locate(StudyFile.Parse(printed, "study.json"), Folder);
    }

    private StudySources Sources(HubCommits? commits = null) => new(hub.Resolver, commits, said.Add);

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f));

    private static string Asked(ITask task, Item item) =>
        task.Ask(item) switch
        {
            Question.Choose choose => $"{((Prompt.Text)choose.Prompt).Value} {string.Join('|', choose.Continuations)}",
            Question.Write write => string.Join('|', ((Prompt.Chat)write.Prompt).Messages.Select(m => m.ToJson())),
            var other => $"{other}",
        };

    // Spider's hardness needs the parse of a query, which the hub's rows do not have.
    private static string Without(Item item) => $"{item.Id} {item.Cluster} {item.Input} {item.Target}";
}
