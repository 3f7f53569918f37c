using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Writing;
using Parquet.Schema;
using Parquet.Serialization;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Data files as people have them: every layout and format trains and measures the same.</summary>
public sealed class ExampleFileTests : IDisposable
{
    private const string Pipes =
        "{% for m in messages %}{{ '<|start|>' + m.role + '\n' + m.content + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}";

    private static readonly (string Asked, string Answer)[] Examples =
    [
        ("Hi, you", "Yo"),
        ("Say \"no\"", "No."),
        ("Two\nlines", "ja"),
    ];

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public ExampleFileTests()
    {
        File.Copy(
            SharedData.InProject("tokenizer", "llama3-layout", "tokenizer.json"),
            Path.Combine(folder, "tokenizer.json")
        );
        File.WriteAllText(
            Path.Combine(folder, "tokenizer_config.json"),
            new JsonObject
            {
                ["eos_token"] = "<|eot|>",
                ["bos_token"] = "<|begin|>",
                ["chat_template"] = Pipes,
            }.ToJsonString()
        );
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string, string> Conversations
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (string layout in (string[])["messages", "sharegpt", "trl", "alpaca"])
            {
                foreach (
                    string format in (string[])
                        [
                            "jsonl",
                            "json",
                            "csv",
                            "tsv",
                            "parquet",
                            "jsonl.gz",
                            "json.gz",
                            "csv.gz",
                            "tsv.gz",
                            "parquet.gz",
                        ]
                )
                {
                    all.Add(layout, format);
                }
            }

            return all;
        }
    }

    [Fact]
    public void Alpacas_input_belongs_to_the_question()
    {
        string path = Path.Combine(folder, "alpaca.jsonl");
        File.WriteAllText(
            path,
            """
            {"instruction":"Sum up.","input":"one","output":"1"}
            {"instruction":"Sum up.","input":"two","output":"2"}
            """
        );

        ExampleFile file = ExampleFile.Open(path, new ExampleColumns());

        Assert.Equal(["Sum up.\n\none", "Sum up.\n\ntwo"], file.Rows.Select(file.InputOf));
        Assert.Empty(file.Format.Unused);
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public async Task Every_layout_in_every_format_trains_and_measures_as_messages_in_JSON_Lines(
        string layout,
        string format
    )
    {
        string plain = await Written("messages", "jsonl"),
            other = await Written(layout, format);

        Assert.Equal(Trained(plain), Trained(other));
        Assert.Equal(Asked(plain), Asked(other));
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("csv")]
    [InlineData("tsv.gz")]
    [InlineData("parquet")]
    public async Task Columns_are_asked_as_a_conversation_of_one_turn(string format) =>
        Assert.Equal(Asked(await Written("messages", "jsonl")), Asked(await Written("columns", format)));

    [Theory]
    [InlineData(
        "a.jsonl",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"}]}\n{\"messages\":3}\n",
        "a.jsonl line 2: 'messages'"
    )]
    [InlineData("a.csv", "question,answer\nx,y\n,\n", "a.csv line 3: the answer is empty, in the column 'answer'")]
    [InlineData("a.tsv", "instruction\tinput\toutput\na\tb\n", "a.tsv line 2: 2 fields where the header has 3")]
    [InlineData("a.json", "[{\"question\":\"x\",\"answer\":\"y\"},\n {\"question\": \"x\",]", "a.json line 2 column")]
    [InlineData(
        "a.jsonl",
        "{\"conversations\":[{\"from\":\"human\",\"value\":\"x\"}]}\n",
        "a.jsonl line 1: the conversation does not end"
    )]
    [InlineData(
        "a.jsonl",
        "{\"question\":{\"x\":1},\"answer\":\"y\"}\n",
        "a.jsonl line 1: the column 'question' holds a structure"
    )]
    [InlineData("a.jsonl", "{\"question\": x}", "a.jsonl line 1: not valid JSON at column 14: ")]
    [InlineData("a.csv", "text\nx\n", "a.csv: the columns text")]
    public void A_broken_file_is_one_sentence_with_file_line_and_column(string name, string content, string says)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, content);

        string message = Assert
            .Throws<InputException>(() => WritingTask.Open(new GenerationPlan("own", path), 1))
            .Message;

        Assert.Contains(says, message);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("jsonl.gz", "question,answer")]
    [InlineData("csv.gz", "question,answer")]
    [InlineData("parquet", "question,answer")]
    public void A_file_that_is_not_in_its_format_is_one_sentence_that_names_it(string ending, string content)
    {
        string path = Path.Combine(folder, $"broken.{ending}");
        File.WriteAllText(path, content);

        string message = Assert
            .Throws<InputException>(() => WritingTask.Open(new GenerationPlan("own", path), 1))
            .Message;

        Assert.Contains($"broken.{ending}", message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public async Task A_compressed_file_that_ends_too_early_is_one_sentence_that_names_it()
    {
        string path = await Written("messages", "csv.gz");
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);

        Assert.Contains(
            "messages.csv.gz",
            Assert.Throws<InputException>(() => WritingTask.Open(new GenerationPlan("own", path), 1)).Message
        );
    }

    [Fact]
    public void Columns_may_lie_within_records_and_be_joined_by_a_template()
    {
        string path = Path.Combine(folder, "nested.jsonl");
        File.WriteAllText(path, """{"q":{"text":"2+2","unit":"m"},"a":{"value":[4,"four"]}}""" + "\n");

        WritingTask task = WritingTask.Open(
            new GenerationPlan(
                "own",
                path,
                Template: "{{ q.text }} in {{ q.unit }}?",
                Target: "a.value",
                Prompt: PromptForm.Plain
            ),
            1
        );

        Assert.Equal("2+2 in m?", ((Prompt.Text)task.Ask(task.Items[0]).Prompt).Value);
        Assert.Equal(1, task.Grade(task.Items[0], new Reply.Written("four", FinishReason.Stop, 1)).Score);
        Assert.Equal(1, task.Grade(task.Items[0], new Reply.Written("4", FinishReason.Stop, 1)).Score);
    }

    [Fact]
    public void Worked_examples_are_turns_of_a_conversation_or_paragraphs()
    {
        string path = Path.Combine(folder, "rows.csv");
        File.WriteAllText(path, "question,answer\n1+1,2\n2+2,4\n");
        Prompt Asked(PromptForm form) =>
            WritingTask.Open(
                new GenerationPlan("own", path, System: "Sum.", Prompt: form, Fewshot: 2, ExamplesFile: path),
                1
            )
                is var task
                ? task.Ask(task.Items[0]).Prompt
                : null!;

        Assert.Equal("Sum.\n\n1+1 2\n\n2+2 4\n\n1+1", ((Prompt.Text)Asked(PromptForm.Plain)).Value);
        Assert.Equal(
            ["system", "user", "assistant", "user", "assistant", "user"],
            ((Prompt.Chat)Asked(PromptForm.Chat)).Messages.Select(m => m.Role)
        );
    }

    [Theory]
    [InlineData("""{"question":"?","options":["x","y","z"],"answer":2}""", AnswerForm.Index, null, "C")]
    [InlineData("""{"question":"?","options":["x","y","z"],"answer":2}""", AnswerForm.IndexFromOne, null, "B")]
    [InlineData(
        """{"question":"?","options":["x","y","z"],"answer":"2","labels":["1","2","3"]}""",
        AnswerForm.Label,
        "labels",
        "B"
    )]
    [InlineData("""{"question":"?","options":["x","y","z"],"answer":["z","x"]}""", AnswerForm.Text, null, "C, A")]
    public void The_right_options_may_be_counted_labelled_or_several(
        string row,
        AnswerForm form,
        string? labels,
        string letters
    )
    {
        string path = Path.Combine(folder, "q.jsonl");
        File.WriteAllText(path, row + "\n");

        ChoiceTask task = MultipleChoiceTask.Open(
            new MultipleChoicePlan("own", path, AnswerForm: form, Labels: labels),
            1
        );

        Assert.Equal(letters, task.Items[0].Target);
        Assert.All(
            Enumerable.Range(0, 3),
            i => Assert.Equal(letters.Contains("ABC"[i]) ? 1 : 0, task.Grade(task.Items[0], Chosen(i)).Score)
        );
    }

    [Fact]
    public void Labels_of_a_nested_column_are_recognised()
    {
        string path = Path.Combine(folder, "arc.jsonl");
        File.WriteAllText(
            path,
            """{"id":"x","question":"?","choices":{"text":["a","b"],"label":["1","2"]},"answerKey":"2"}""" + "\n"
        );

        MultipleChoicePlan plan = (MultipleChoicePlan)new TaskReference(_ => "").Plan(path);

        Assert.Equal("B", MultipleChoiceTask.Open(plan, 1).Items[0].Target);
    }

    [Fact]
    public void Numbers_that_may_count_from_0_or_from_1_are_not_guessed()
    {
        string path = Path.Combine(folder, "n.csv");
        File.WriteAllText(path, "question,A,B,C,answer\n?,x,y,z,1\n");

        Assert.Contains(
            "index-from-1",
            Assert.Throws<InputException>(() => new TaskReference(_ => "").Plan(path)).Message
        );
    }

    private static Reply.Chosen Chosen(int option) =>
        new([.. Enumerable.Range(0, 3).Select(i => new ContinuationScore(i == option ? -1 : -9, false, 1))]);

    private IEnumerable<string> Trained(string path) =>
        TrainingData
            .Read(path, folder)
            .Select(e => $"{string.Join(' ', e.Ids)} {string.Join(' ', e.Trained.Select(t => t ? 1 : 0))}");

    private IEnumerable<string> Asked(string path)
    {
        WritingTask task = WritingTask.Open(new GenerationPlan("own", path), 1);
        PromptEncoding encoding = PromptEncoding.Load(folder);
        return task.Items.Select(i => $"{i.Input} {i.Target} {encoding.Render(task.Ask(i).Prompt)}").ToArray();
    }

    private async Task<string> Written(string layout, string format)
    {
        JsonObject[] rows = [.. Examples.Select(e => Row(layout, e.Asked, e.Answer))];
        string path = Path.Combine(folder, $"{layout}.{format}");
        byte[] bytes = format.Split('.')[0] switch
        {
            "jsonl" => Encoding.UTF8.GetBytes(string.Concat(rows.Select(r => r.ToJsonString() + "\n")) + "\n"),
            "json" => Encoding.UTF8.GetBytes(new JsonArray([.. rows]).ToJsonString()),
            "csv" => Encoding.UTF8.GetBytes(Separated(rows, ',')),
            "tsv" => Encoding.UTF8.GetBytes(Separated(rows, '\t')),
            _ => await Parquet(rows),
        };
        using Stream file = File.Create(path);
        using Stream stream = format.EndsWith(".gz") ? new GZipStream(file, CompressionMode.Compress) : file;
        await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        return path;
    }

    private static JsonObject Row(string layout, string asked, string answer)
    {
        JsonArray Turns(string role, string text, params (string Role, string Text)[] turns) =>
            new([.. turns.Select(t => (JsonNode)new JsonObject { [role] = t.Role, [text] = t.Text })]);
        return layout switch
        {
            "messages" => new() { ["messages"] = Turns("role", "content", ("user", asked), ("assistant", answer)) },
            "sharegpt" => new() { ["conversations"] = Turns("from", "value", ("human", asked), ("gpt", answer)) },
            "trl" => new()
            {
                ["prompt"] = Turns("role", "content", ("user", asked)),
                ["completion"] = Turns("role", "content", ("assistant", answer)),
            },
            "alpaca" => new()
            {
                ["instruction"] = asked,
                ["input"] = "",
                ["output"] = answer,
            },
            _ => new() { ["question"] = asked, ["answer"] = answer },
        };
    }

    private static string Separated(JsonObject[] rows, char separator)
    {
        string Cell(JsonNode? value) =>
            $"\"{(value is JsonValue text ? text.ToString() : value!.ToJsonString()).Replace("\"", "\"\"")}\"";
        string[] header = [.. rows[0].Select(c => c.Key)];
        return string.Join(separator, header)
            + "\n"
            + string.Concat(rows.Select(r => string.Join(separator, header.Select(h => Cell(r[h]))) + "\n"))
            + "\n";
    }

    private static async Task<byte[]> Parquet(JsonObject[] rows)
    {
        using MemoryStream stream = new();
        await ParquetSerializer.SerializeUntypedAsync(
            [.. rows.Select(r => r.ToDictionary(c => c.Key, c => Plain(c.Value)))],
            new ParquetSchema([.. rows[0].Select(c => FieldOf(c.Key, c.Value))]),
            stream,
            cancellationToken: TestContext.Current.CancellationToken
        );
        return stream.ToArray();
    }

    private static object? Plain(JsonNode? node) =>
        node switch
        {
            JsonArray list => list.Select(n =>
                    (IDictionary<string, object?>)n!.AsObject().ToDictionary(c => c.Key, c => Plain(c.Value))
                )
                .ToList(),
            _ => (string?)node,
        };

    private static Field FieldOf(string name, JsonNode? value) =>
        value switch
        {
            JsonArray list => new ListField(name, FieldOf("element", list[0])),
            JsonObject record => new StructField(name, [.. record.Select(c => FieldOf(c.Key, c.Value))]),
            _ => new DataField<string>(name),
        };
}
