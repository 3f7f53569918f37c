using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Models;
using Fulcrum.Tasks.Harness;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Prompts and scores of tasks, item by item, against lm-evaluation-harness' own samples; likelihoods and
/// replies are taken from them.</summary>
public sealed class HarnessGoldenTests
{
    [Theory]
    [InlineData("builtin")]
    [InlineData("harness")]
    public void Plain_prompts_and_the_scores_of_given_answers_equal_the_references(string part)
    {
        int items = 0;
        foreach (JsonNode setting in Settings(part).Where(s => !(bool)s["task"]!["chatTemplate"]!))
        {
            foreach (HarnessTask task in Tasks(part, setting["task"]!, setting["answers"]!.AsObject()))
            {
                JsonNode[] wanted = [.. Lines(part, (string)setting["answers"]![task.Config.Name]!)];
                Assert.Equal(wanted.Length, task.Items.Count);
                items += wanted.Length;
                Assert.All(wanted.Zip(task.Items), pair => Agrees(task, pair.First, pair.Second));
            }
        }

        Assert.InRange(items, 300, int.MaxValue);
    }

    [Fact]
    public void Damaged_file_is_refused_with_its_name_and_reason()
    {
        foreach (
            JsonNode? file in JsonNode
                .Parse(File.ReadAllText(SharedData.Of("golden", "tasks", "harness", "broken.json")))!
                .AsArray()
        )
        {
            string path = SharedData.Of(((string)file!["file"]!).Split('/')),
                name = Path.GetFileName(path);
            InputException refused = Assert.Throws<InputException>(() => Answered(path));
            Assert.All(
                file["message_names"]!.AsArray().Select(n => (string)n!).Append(name),
                n => Assert.Contains(n, refused.Message)
            );
        }
    }

    [Fact]
    public void Written_tasks_ask_as_the_reference_does_and_stop_where_it_stops()
    {
        string folder = SharedData.Of("golden", "replies", "prompts");
        foreach (
            string file in Directory
                .EnumerateFiles(folder, "*.json")
                .Where(f => !f.Contains("-chat", StringComparison.Ordinal))
        )
        {
            JsonNode given = JsonNode.Parse(File.ReadAllText(file))!;
            HarnessConfig config =
                (string)given["kind"]! == "bbh"
                    ? BuiltInTasks.BbhSubtask(
                        (string)given["subtask"]!,
                        (int)given["fewshot"]!,
                        (bool)given["reasoning"]!
                    )
                    : BuiltInTasks.Task((string)given["kind"]!);
            HarnessTask task = Opened(config, given, SharedData.Of("data", "tasks", (string)given["data"]!), 50);
            foreach ((string line, int row) in File.ReadLines(file + "l").Select((l, i) => (l, i)))
            {
                JsonNode wanted = JsonNode.Parse(line)!;
                Assert.Equal((string)wanted["prompt"]!, HarnessTurn.Plain(task.Items[row].Prompts[0]));
                Assert.Equal(wanted["stop"]!.AsArray().Select(s => (string)s!), task.Stops);
                Assert.Equal((int)wanted["max_new_tokens"]!, config.Generation.MaxNewTokens);
            }
        }
    }

    private static IEnumerable<JsonNode> Settings(string part) =>
        JsonNode
            .Parse(File.ReadAllText(SharedData.Of("golden", "tasks", part, "settings.json")))!
            .AsArray()
            .Select(s => s!);

    private static IEnumerable<JsonNode> Lines(string part, string file) =>
        File.ReadLines(
                SharedData.Of([
                    "golden",
                    "tasks",
                    part,
                    .. part == "harness" ? (string[])["answers"] : [],
                    .. file.Split('/'),
                ])
            )
            .Select(l => JsonNode.Parse(l)!);

    private static IEnumerable<HarnessTask> Tasks(string part, JsonNode given, JsonObject answers)
    {
        if (part == "harness")
        {
            HarnessNode node = HarnessGroups.Read(SharedData.Of(((string)given["file"]!).Split('/')));
            return node.Leaves.Select(l => Opened(l.Task!, given, null, (int?)given["items"]));
        }

        string kind = (string)given["kind"]!,
            data = SharedData.Of(((string)given["data"]!).Split('/'));
        return BuiltInTasks
            .Open(kind, data)
            .Leaves.Where(l => answers.ContainsKey(l.Name))
            .Select(l => Opened(l.Task!, given, data, (int?)given["items"]));
    }

    private static HarnessTask Opened(HarnessConfig config, JsonNode given, string? data, int? items) =>
        HarnessTask.Open(
            config,
            new HarnessForm((int?)given["fewshot"], System: (string?)given["system"]),
            HarnessRows.Open(config, data, id => throw new InputException($"{id} is on the hub")),
            row => row < (items ?? int.MaxValue)
        );

    private static void Agrees(HarnessTask task, JsonNode wanted, HarnessItem item)
    {
        Assert.Equal(
            wanted["requests"]!.AsArray().Select(r => ((string)wanted["contexts"]![(int)r![0]!]!, (string)r[1]!)),
            item.Requests.Select(r => (r.Prompt < 0 ? "" : HarnessTurn.Plain(item.Prompts[r.Prompt]), r.Continuation))
        );
        HarnessGrade grade = Grade(task, wanted, item);
        foreach ((string metric, JsonNode? value) in wanted["metrics"]!.AsObject())
        {
            double[] numbers = value is JsonArray list ? [.. list.Select(v => (double)v!)] : [(double)value!];
            Assert.All(numbers.Zip(grade.Scores[metric]), n => Assert.Equal(n.First, n.Second, 1e-4));
        }

        foreach (
            (string filter, JsonNode? value) in (wanted["filtered"] as JsonObject ?? []).Where(f =>
                grade.Filtered!.ContainsKey(f.Key)
            )
        )
        {
            Assert.Equal(
                value?.ToJsonString(),
                JsonSerializer.SerializeToNode(grade.Filtered![filter])?.ToJsonString()
            );
        }
    }

    private static HarnessGrade Grade(HarnessTask task, JsonNode wanted, HarnessItem item)
    {
        if (wanted["replies"] is JsonArray replies)
        {
            return task.Grader.Write(item.Row, [.. replies.Select(r => (string)r!)]);
        }

        ContinuationScore[] scores =
        [
            .. wanted["log_likelihoods"]!
                .AsArray()
                .Select((l, i) => new ContinuationScore((double)l!, wanted["greedy"] is JsonArray g && (bool)g[i]!, 1)),
        ];
        return task.Config.Output switch
        {
            HarnessOutput.MultipleChoice => task.Grader.Choose(item.Row, scores),
            HarnessOutput.LogLikelihood => task.Grader.Score(item.Row, scores[0]),
            _ => task.Grader.Roll(item.Row, item.Requests[0].Continuation, scores[0].LogLikelihood),
        };
    }

    private static void Answered(string path)
    {
        HarnessConfig config = HarnessGroups.Read(path).Task!;
        HarnessTask task = Opened(config, new JsonObject(), null, null);
        foreach (HarnessItem item in task.Items)
        {
            _ =
                config.Output == HarnessOutput.Written
                    ? task.Grader.Write(item.Row, [new string('a', 40) + "c"])
                    : task.Grader.Choose(item.Row, [.. item.Requests.Select(_ => new ContinuationScore(-1, false, 1))]);
        }
    }
}
