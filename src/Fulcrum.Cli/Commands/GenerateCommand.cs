using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum generate</c></summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        ModelOptions options = new();
        Option<string> input = new("--input")
        {
            Description = "Requests, one JSON object per line; - is standard input.",
            Required = true,
        };
        Option<string> output = new("--output")
        {
            Description = "Answers, one line per request; - is standard output.",
            Required = true,
        };
        Option<int> limit = new("--max-new-tokens")
        {
            Description = "Maximum number of tokens per completion.",
            Required = true,
        };
        Option<string[]> stops = new("--stop")
        {
            Description = "A text that ends a completion. May be repeated.",
            DefaultValueFactory = _ => [],
        };
        Option<string[]> variables = new("--variable")
        {
            Description = "A variable of the chat template: NAME=VALUE, where VALUE is JSON or text. May be repeated.",
            DefaultValueFactory = _ => [],
        };
        limit.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() < 1)
            {
                r.AddError("--max-new-tokens must be at least 1");
            }
        });
        Command verb = new("generate", "Complete prompts by greedy decoding.")
        {
            limit,
            stops,
            variables,
            input,
            output,
        };
        options.AddTo(verb, servers: true);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                using ILanguageModel model = options.Load(parsed);
                string from = parsed.GetRequiredValue(input);
                string[] stopTexts = parsed.GetRequiredValue(stops);
                int most = parsed.GetRequiredValue(limit);
                Dictionary<string, JsonNode?> given = Variables(parsed.GetRequiredValue(variables));
                string Purpose() =>
                    $"generate {most} {JsonSerializer.Serialize(stopTexts)} {JsonSerializer.Serialize(given)} "
                    + $"{options.Fingerprint(parsed)}";
                RequestProgress.Show(
                    parsed,
                    "generate",
                    from,
                    tell =>
                        new RequestFiles(model, options.Texts(parsed), Purpose, tell, given).Generate(
                            from,
                            parsed.GetRequiredValue(output),
                            most,
                            options.EndTokens(parsed),
                            stopTexts,
                            options.HasTexts(parsed),
                            cancellation
                        )
                );
                return Task.FromResult(0);
            }
        );
        return verb;
    }

    private static Dictionary<string, JsonNode?> Variables(string[] given) =>
        given.Select(Variable).ToDictionary(v => v.Name, v => v.Value);

    private static (string Name, JsonNode? Value) Variable(string given)
    {
        int at = given.IndexOf('=');
        if (at < 1)
        {
            throw new InputException($"--variable '{given}': expected NAME=VALUE");
        }

        string value = given[(at + 1)..];
        try
        {
            return (given[..at], StrictJson.Parse(value));
        }
        catch (JsonException)
        {
            return (given[..at], JsonValue.Create(value));
        }
    }
}
