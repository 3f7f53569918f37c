using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Runs;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Grading;
using Fulcrum.Tasks.Grading.Choice;
using Fulcrum.Tasks.Grading.Ifeval;
using Fulcrum.Tasks.Grading.Sql;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Fulcrum.Tasks.Spider.Sql;
using Fulcrum.Templates;
using Fulcrum.Tests;
using Fulcrum.Tokenization;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Fuzz;

/// <summary>What reads files or texts of strangers, each as a function of bytes. A property that must hold throws where
/// it does not.</summary>
internal sealed class Targets : IDisposable
{
    private static readonly SqlLimits Tight = new(
        Seconds: 0.02,
        Rows: 200,
        Bytes: 1 << 16,
        CellBytes: 1 << 14,
        HeapBytes: 1 << 24
    );
    private readonly string folder = Directory
        .CreateDirectory(
            Path.Combine(
                Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(),
                $"fuzz-{Environment.ProcessId}"
            )
        )
        .FullName;
    private readonly SqlGrader official = new("official", Tight),
        strict = new("strict", Tight);
    private readonly Lazy<(Tokenizer Tokenizer, string Database)> tiny;
    private readonly Item[] items = [.. Enumerable.Range(0, 5).Select(i => new Item($"t/{i}", "c", "g", "in", "A"))];

    public Targets() =>
        tiny = new(() =>
        {
            TinyStudy.Write(Path.Combine(folder, "study"));
            return (
                Tokenizer.Load(Path.Combine(folder, "study", "model")),
                Path.Combine(folder, "study", "spider", "database", "shop", "shop.sqlite")
            );
        });

    public (string Name, Action<byte[]> Run)[] All =>
        [
            ("safetensors", b => SafetensorsFile.Open(File("a.safetensors", b)).Dispose()),
            ("config", b => ModelConfig.LoadFile(File("config.json", b))),
            (
                "adapter",
                b =>
                {
                    File("adapter_config.json", b);
                    AdapterReader.Config(folder);
                }
            ),
            (
                "generation-config",
                b =>
                {
                    File("generation_config.json", b);
                    GenerationConfig.Sampling(folder);
                    ModelFolder.EndTokens(folder);
                }
            ),
            ("tokenizer", TokenizerFile),
            ("tokenizer-text", TokenizerText),
            ("template", Template),
            ("sql-text", SqlTexts),
            ("sql-extraction", SqlReply),
            ("choice-extraction", ChoiceReply),
            ("graders", Graders),
            ("ifeval", Ifeval),
            ("sql-query", Query),
            ("sql-comparison", Comparison),
            ("study", b => StudyFile.Load(File("study.json", b))),
            ("train-plan", b => StudyFile.LoadTrainPlan(File("train.json", b))),
            ("answers", b => AnswerFile.Read(File("answers.jsonl", b))),
            ("resume", Resume),
            ("requests", Requests),
            ("comparison", b => ComparisonJson.Parse(Text(b), "comparison.json")),
            ("csv", b => Table.Read(File("rows.csv", b))),
            ("mmlu", Mmlu),
            ("spider", Spider),
            .. new UntrustedFolders(Directory.CreateDirectory(Path.Combine(folder, "untrusted")).FullName).All,
        ];

    public void Dispose()
    {
        official.Dispose();
        strict.Dispose();
        // it is the process's and outlives them: whoever opens a database next would find it used up
        SQLitePCL.Batteries_V2.Init();
        SQLitePCL.raw.sqlite3_hard_heap_limit64(0);
        Directory.Delete(folder, recursive: true);
    }

    private string File(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static void Holds(bool property, string what)
    {
        if (!property)
        {
            throw new InvalidDataException(what);
        }
    }

    private void TokenizerFile(byte[] bytes)
    {
        File("tokenizer.json", bytes);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        tokenizer.Decode(tokenizer.Encode("Hello, wörld 123 🙂\n"));
    }

    private void TokenizerText(byte[] bytes)
    {
        string text = Text(bytes);
        Holds(
            tiny.Value.Tokenizer.Decode(tiny.Value.Tokenizer.Encode(text)) == text,
            "a text does not survive its tokens"
        );
    }

    private static void Template(byte[] bytes)
    {
        JsonArray messages =
        [
            new JsonObject { ["role"] = "user", ["content"] = "How many?" },
            new JsonObject { ["role"] = "assistant", ["content"] = "42" },
        ];
        Dictionary<string, object?> variables = new(StringComparer.Ordinal)
        {
            ["messages"] = TemplateValues.From(messages),
            ["add_generation_prompt"] = true,
            ["bos_token"] = "<s>",
        };
        new TemplateEvaluator(() => DateTimeOffset.UnixEpoch).Run(TemplateParser.Parse(Text(bytes)), variables);
    }

    private static void SqlTexts(byte[] bytes)
    {
        string text = Text(bytes);
        Holds(string.Concat(SqlText.Tokens(text)) == text, "the tokens of a query are not its text");
        _ = SqlText.Prepare(text) is { } prepared && SqlText.IsOrdered(prepared);
    }

    /// <summary>A query is found exactly when a rule found it.</summary>
    private static void SqlReply(byte[] bytes)
    {
        (string query, SqlRule rule) = SqlExtraction.Find(Text(bytes));
        Holds((query.Length == 0) == (rule == SqlRule.None), "a rule without a query, or a query without a rule");
    }

    private static void ChoiceReply(byte[] bytes)
    {
        string text = Text(bytes);
        (int? choice, ChoiceRule rule) = ChoiceExtraction.Find(text, ["Paris", "Rome", "Oslo", "Bern"]);
        Holds(choice is null or (>= 0 and < 4), "a choice that is no option");
        Holds((choice is null) == (rule is ChoiceRule.None or ChoiceRule.Ambiguous), "a rule without a choice");
    }

    /// <summary>Reply and target, divided by a zero byte: every score is 0 to 1 or undefined, and a text equals
    /// itself.</summary>
    private static void Graders(byte[] bytes)
    {
        int cut = Array.IndexOf(bytes, (byte)0);
        string reply = Text(cut < 0 ? bytes : bytes[..cut]),
            target = Text(cut < 0 ? [] : bytes[(cut + 1)..]);
        ReplyGrade[] grades =
        [
            TextGrader.Grade(reply, [target]),
            NumberGrader.Grade(reply, [target]),
            Squad.Accepted(reply, [target]),
            Squad.F1(reply, [target]),
            RougeL.Grade(reply, [target]),
            EditSimilarity.Grade(reply, [target]),
            Gsm8kGrader.Grade(reply, [target]),
            RefusalGrader.Grade(reply),
            JsonGrader.Grade(reply, JsonSerializer.SerializeToElement(target)),
            .. BbhGrader.Subtasks.Select(s => BbhGrader.Grade(s, target, reply, [target])),
        ];
        Holds(grades.All(g => g.Scores.Values.All(v => v is null or (>= 0 and <= 1))), "a score outside 0 to 1");
        Holds(
            TextGrader.Grade(reply, [reply]).Score == 1 && Squad.F1(reply, [reply]).Score == 1,
            "a reply differs from itself"
        );
    }

    /// <summary>A row of instructions, a zero byte, a reply.</summary>
    private static void Ifeval(byte[] bytes)
    {
        int cut = Array.IndexOf(bytes, (byte)0);
        try
        {
            JsonObject row = StrictJson.Parse(Text(cut < 0 ? bytes : bytes[..cut])) as JsonObject ?? [];
            string[] kinds = [.. (row["instruction_id_list"] as JsonArray ?? []).Select(k => k?.ToString() ?? "")];
            JsonObject?[] parameters = [.. (row["kwargs"] as JsonArray ?? []).Select(k => k as JsonObject)];
            IfevalGrader.Grade(IfevalInstruction.Read(kinds, parameters), Text(cut < 0 ? [] : bytes[(cut + 1)..]));
        }
        catch (JsonException e)
        {
            throw new InputException(e.Message, e);
        }
    }

    private void Query(byte[] bytes)
    {
        string sql = Text(bytes);
        Grade grade = official.Grade(tiny.Value.Database, "SELECT name FROM item", sql),
            other = strict.Grade(tiny.Value.Database, "SELECT name FROM item", sql);
        Holds(grade.Score is 0 or 1 && other.Score is 0 or 1, "a prediction is unscored");
    }

    /// <summary>Two small results, by a byte a cell: the column search agrees with trying every assignment.</summary>
    private static void Comparison(byte[] bytes)
    {
        if (bytes.Length < 3)
        {
            return;
        }

        int columns = 1 + bytes[0] % 4,
            rows = bytes[1] % 5;
        bool ordered = bytes[2] % 2 == 0;
        object? Cell(int i) =>
            (i < bytes.Length ? bytes[i] % 8 : 0) switch
            {
                0 => null,
                1 => 1L,
                2 => 1.0,
                3 => "1",
                4 => 2L,
                5 => "a",
                6 => new byte[] { 97 },
                _ => 2.5,
            };
        object?[][] a =
        [
            .. Enumerable
                .Range(0, rows)
                .Select(r => Enumerable.Range(0, columns).Select(c => Cell(3 + r * columns + c)).ToArray()),
        ];
        object?[][] b =
        [
            .. Enumerable
                .Range(0, rows)
                .Select(r => Enumerable.Range(0, columns).Select(c => Cell(3 + (rows + r) * columns + c)).ToArray()),
        ];
        Holds(
            ResultComparison.Official(a, a, ordered)
                && ResultComparison.Strict(a, a, ordered)
                && ResultComparison.Notebook(a, a),
            "a result differs from itself"
        );
        bool plain = Permutations(columns)
            .Any(p => ResultComparison.Strict(a, [.. b.Select(row => p.Select(c => row[c]).ToArray())], ordered));
        Holds(
            !ResultComparison.Official(a, b, ordered) || plain,
            "results agree although no assignment of columns makes them equal"
        );
        Holds(
            !plain || ResultComparison.Official(a, b, ordered) || bytes.Skip(3).Any(x => x % 8 == 2),
            "results differ although an assignment of columns makes them equal"
        );
    }

    private static IEnumerable<int[]> Permutations(int n) =>
        n == 0
            ?
            [
                [],
            ]
            : Permutations(n - 1)
                .SelectMany(p => Enumerable.Range(0, n).Select(i => (int[])[.. p[..i], n - 1, .. p[i..]]));

    /// <summary>A damaged file of answers is completed to the bytes of an undisturbed one, whatever stands in it and in
    /// its seals.</summary>
    private void Resume(byte[] bytes)
    {
        int cut = Array.IndexOf(bytes, (byte)0);
        string path = Path.Combine(folder, "resume.jsonl");
        System.IO.File.Delete(path);
        File("resume.jsonl.partial", cut < 0 ? bytes : bytes[..cut]);
        File("resume.jsonl.seals", cut < 0 ? [] : bytes[(cut + 1)..]);
        using (GrowingAnswers file = new(path, items, "p", Extent.Whole(items.Length, 2).BatchEnds))
        {
            while (file.Done < items.Length)
            {
                file.Append([
                    .. items
                        .Skip(file.Done)
                        .Take(2)
                        .Select(i => new Answer(i.Id, i.Cluster, i.Group, 1, "A", i.Target, "correct", Protocol: "p")),
                ]);
            }

            file.Complete();
        }

        string expected = string.Concat(
            items.Select(i =>
                JsonSerializer.Serialize(
                    new Answer(i.Id, i.Cluster, i.Group, 1, "A", i.Target, "correct", Protocol: "p"),
                    JsonLines.Output
                ) + "\n"
            )
        );
        Holds(System.IO.File.ReadAllText(path) == expected, "a damaged file of answers was kept");
    }

    private void Requests(byte[] bytes)
    {
        string input = File("requests.jsonl", bytes),
            output = Path.Combine(folder, "out.jsonl");
        RequestFiles files = new(
            new Echo(),
            () =>
                new TextCodec(
                    (t, _) => [.. t.Select(c => c % 300)],
                    ids => string.Concat(ids.Select(i => (char)i)),
                    (m, _) => m.ToJsonString()
                ),
            () => "fuzz"
        );
        if (bytes.Length % 2 == 0)
        {
            files.Score(input, output);
        }
        else
        {
            files.Generate(input, output, 4, [2], ["stop"], texts: true);
        }
    }

    private void Mmlu(byte[] bytes)
    {
        Directory.CreateDirectory(Path.Combine(folder, "test"));
        File("test/a_test.csv", bytes);
        MmluFolder.Open(folder).Test("a");
    }

    private void Spider(byte[] bytes)
    {
        Directory.CreateDirectory(Path.Combine(folder, "database"));
        int cut = Array.IndexOf(bytes, (byte)0);
        File("tables.json", cut < 0 ? bytes : bytes[..cut]);
        File("dev.json", cut < 0 ? "[]"u8.ToArray() : bytes[(cut + 1)..]);
        foreach (SpiderExample example in SpiderFolder.Open(folder).Dev())
        {
            SpiderHardness.Of(example.Parse);
        }
    }

    private sealed class Echo : ILanguageModel
    {
        public int ContextLength => 200;

        public int VocabularySize => 300;

        public void Score(
            IReadOnlyList<ScoreRequest> requests,
            Action<int, IReadOnlyList<ContinuationScore>> answered,
            CancellationToken cancellation
        )
        {
            for (int i = 0; i < requests.Count; i++)
            {
                answered(
                    i,
                    [.. requests[i].Continuations.Select(c => new ContinuationScore(-c.Length, false, c.Length))]
                );
            }
        }

        public void Complete(
            IReadOnlyList<CompletionRequest> requests,
            Action<int, Completion> answered,
            CancellationToken cancellation
        )
        {
            for (int i = 0; i < requests.Count; i++)
            {
                answered(i, new Completion([65, 66], [-1, -1], FinishReason.Length));
            }
        }

        public void Dispose() { }
    }
}
