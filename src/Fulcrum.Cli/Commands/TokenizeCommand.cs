using System.CommandLine;
using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Templates;
using Fulcrum.Tokenization;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum tokenize</c></summary>
internal static class TokenizeCommand
{
    private static readonly HashSet<string> Fields = ["text", "ids", "messages", "add_generation_prompt", "variables"];

    public static Command Create()
    {
        Option<string> model = new("--model")
        {
            Description = "A folder with tokenizer.json, or a GGUF file; weights are not needed.",
            Required = true,
        };
        Option<string> input = new("--input")
        {
            Description = "A JSON object a line: text, ids, or messages; - is standard input.",
            Required = true,
        };
        Option<string> output = new("--output")
        {
            Description = "An answer a line; - is standard output.",
            Required = true,
        };
        Option<bool> noLinks = ModelOptions.NoLinks();
        Command verb = new("tokenize", "Convert texts to token ids, token ids to texts, and conversations to both.")
        {
            model,
            noLinks,
            input,
            output,
        };
        verb.SetAction(
            (parsed, cancellation) =>
            {
                string folder = HubAccess.Place(parsed, "--model", parsed.GetRequiredValue(model), weights: false);
                if (parsed.GetValue(noLinks))
                {
                    InnerPath.RefuseLinks(folder);
                }

                Run(folder, parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), cancellation);
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    private static void Run(string model, string input, string output, CancellationToken cancellation)
    {
        ModelSource source = File.Exists(model) ? new ModelSource.Gguf(model) : new ModelSource.Folder(model);
        Tokenizer tokenizer = ModelTexts.TokenizerOf(source);
        Lazy<ChatTemplate> template = new(() => ModelTexts.TemplateOf(source));
        OutputFile.Write(
            output,
            writer =>
            {
                foreach (JsonLine line in JsonLines.Read(input, Fields))
                {
                    cancellation.ThrowIfCancellationRequested();
                    writer.WriteLine(Answered(line, tokenizer, template).ToJsonString(JsonLines.Output));
                }
            }
        );
    }

    private static JsonObject Answered(JsonLine line, Tokenizer tokenizer, Lazy<ChatTemplate> template)
    {
        JsonObject value = line.Value,
            answer = [];
        foreach (string passed in (string[])["id", "meta"])
        {
            if (value.ContainsKey(passed))
            {
                answer[passed] = value[passed]?.DeepClone();
            }
        }

        switch (value["text"], value["ids"], value["messages"])
        {
            case (JsonValue text, null, null) when text.TryGetValue(out string? plain):
                answer["ids"] = Ids(tokenizer.Encode(plain));
                break;
            case (null, JsonArray ids, null) when ids.All(i => i is JsonValue v && v.TryGetValue(out int _)):
                answer["text"] = tokenizer.Decode([.. ids.Select(i => i!.GetValue<int>())]);
                break;
            case (null, null, JsonArray messages):
                string rendered = Rendered(line, messages, template.Value);
                answer["text"] = rendered;
                answer["ids"] = Ids(tokenizer.Encode(rendered));
                break;
            default:
                throw line.Error("expected a text, a list of ids, or messages");
        }

        return answer;
    }

    private static string Rendered(JsonLine line, JsonArray messages, ChatTemplate template)
    {
        bool prompt =
            line.Value["add_generation_prompt"] is { } flag
            && (
                flag is JsonValue value && value.TryGetValue(out bool on)
                    ? on
                    : throw line.Error("'add_generation_prompt' must be true or false")
            );
        Dictionary<string, JsonNode?>? variables = line.Value["variables"] is { } given
            ? (given as JsonObject ?? throw line.Error("'variables' must be an object")).ToDictionary(
                p => p.Key,
                p => p.Value
            )
            : null;
        try
        {
            return template.Render(messages, prompt, variables);
        }
        catch (InputException e)
        {
            throw line.Error(e.Message);
        }
    }

    private static JsonArray Ids(int[] ids) => new([.. ids.Select(i => (JsonNode)i)]);
}
