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
            IReadOnlyList<ITask> opened = tasks.Open(parsed, sandbox);
            Func<Prompt, string> render = Renderer(parsed, model);
            string[] lines = [.. from task in opened from item in task.Items select Line(item, task.Ask(item), render)];
            using StreamWriter writer = JsonLines.Create(parsed.GetRequiredValue(output));
            foreach (string line in lines)
            {
                writer.WriteLine(line);
            }
        });
        return verb;
    }

    private static Func<Prompt, string> Renderer(ParseResult parsed, ModelOptions model)
    {
        Lazy<PromptEncoding> encoding = new(() =>
            model.IsNamed(parsed)
                ? model.Encoding(parsed)
                : throw new InputException(
                    "the task asks through a chat template, so --model must name the model whose template it is"
                )
        );
        return prompt => prompt is Prompt.Text text ? text.Value : encoding.Value.Render(prompt);
    }

    private static string Line(Item item, Question question, Func<Prompt, string> render)
    {
        JsonObject line = new()
        {
            ["id"] = item.Id,
            ["cluster"] = item.Cluster,
            ["prompt"] = render(question.Prompt),
        };
        switch (question)
        {
            case Question.Choose choose:
                line["continuations"] = Texts(choose.Continuations);
                break;
            case Question.Pairs pairs:
                string[] prompts = [.. pairs.Requests.Select(r => render(r.Prompt))];
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
