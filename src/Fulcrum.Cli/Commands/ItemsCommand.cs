using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Spider.Sql;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum items</c></summary>
internal static class ItemsCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        TaskOptions tasks = new();
        Option<string> output = new("--output")
        {
            Description = "One item per line with its prompt, in order; - is standard output.",
            Required = true,
        };
        Command verb = new("items", "Print the prompts of a task, item by item, without a model.") { output };
        model.AddTo(verb, servers: true);
        tasks.AddTo(verb);
        verb.SetAction(parsed =>
        {
            Lazy<SqlSandbox> sandbox = new(() => throw new InputException("items grades nothing"));
            IReadOnlyList<(TaskPlan Plan, ITask Task)> plans = tasks.OpenPlans(parsed, sandbox);
            ITask[] opened = [.. plans.Select(p => p.Task)];
            TaskOptions.TellLayouts(parsed, opened);
            IEnumerable<string> doubts = plans.SelectMany(p =>
                p.Plan.UnusedSettings(AskingOptions.Names.Of).Concat(p.Task.Doubts(null))
            );
            foreach (string doubt in doubts)
            {
                Notices.Warn(doubt);
            }

            Func<Prompt, JsonNode> render = Renderer(parsed, model);
            IEnumerable<string> lines =
                from task in opened
                from item in task.Items
                select Line(item, task.Ask(item), render);
            string path = parsed.GetRequiredValue(output);
            // Standard output cannot be taken back, so every line is made before the first is written.
            Write(path, path == "-" ? [.. lines] : lines);
        });
        return verb;
    }

    private static void Write(string path, IEnumerable<string> lines) =>
        OutputFile.Write(
            path,
            writer =>
            {
                foreach (string line in lines)
                {
                    writer.WriteLine(line);
                }
            }
        );

    // Without a model a conversation is written as its messages: only a model's template makes a text of it.
    private static Func<Prompt, JsonNode> Renderer(ParseResult parsed, ModelOptions model)
    {
        PromptEncoding? encoding = model.IsNamed(parsed) ? model.Encoding(parsed) : null;
        return prompt =>
            prompt switch
            {
                Prompt.Chat chat when encoding is null => new JsonArray([.. chat.Messages.Select(m => m.ToJson())]),
                Prompt.Text text => text.Value,
                _ => encoding!.Render(prompt),
            };
    }

    private static string Line(Item item, Question question, Func<Prompt, JsonNode> render)
    {
        JsonObject line = new() { ["id"] = item.Id, ["cluster"] = item.Cluster };
        JsonNode asked = render(question.Prompt);
        line[asked is JsonArray ? "messages" : "prompt"] = asked;
        switch (question)
        {
            case Question.Choose choose:
                line["continuations"] = Texts(choose.Continuations);
                break;
            case Question.Pairs pairs:
                string[] prompts = [.. pairs.Requests.Select(r => render(r.Prompt).ToString())];
                line["continuations"] = Texts(pairs.Requests.Select(r => r.Continuation));
                if (prompts.Distinct().Count() > 1)
                {
                    line["prompts"] = Texts(prompts);
                }

                break;
            case Question.Whole whole:
                line["continuations"] = Texts([whole.Text]);
                break;
            case Question.Continue written:
                line["stop"] = Texts(written.Stops);
                line["max_new_tokens"] = written.MaxNewTokens;
                break;
            case Question.Write written:
                line["stop"] = Texts(written.Stops);
                line["max_new_tokens"] = written.MaxNewTokens;
                break;
        }

        line["target"] = item.Target.Length > 0 ? item.Target : null;
        return line.ToJsonString(JsonLines.Output);
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(t => JsonValue.Create(t))];
}
