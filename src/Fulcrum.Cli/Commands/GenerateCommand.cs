using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum generate</c></summary>
internal static class GenerateCommand
{
    private static readonly Option<string> Input = new("--input")
    {
        Description = "Requests, one JSON object per line; - is standard input.",
        Required = true,
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "Answers, one line per request; - is standard output.",
        Required = true,
    };

    private static readonly Option<int> Limit = CountOption.Required(
        "--max-new-tokens",
        least: 1,
        "Maximum number of tokens per completion."
    );

    private static readonly Option<string[]> Stops = new("--stop")
    {
        Description = "A text that ends a completion. May be repeated.",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string[]> Templated = new("--variable")
    {
        Description = "A variable of the chat template: NAME=VALUE, where VALUE is JSON or text. May be repeated.",
        DefaultValueFactory = _ => [],
    };

    public static Command Create()
    {
        ModelOptions options = new();
        Command verb = new("generate", "Complete prompts by greedy decoding.")
        {
            Limit,
            Stops,
            Templated,
            Input,
            Output,
        };
        options.AddTo(verb, servers: true);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                string from = parsed.GetRequiredValue(Input);
                string[] stopTexts = parsed.GetRequiredValue(Stops);
                int most = parsed.GetRequiredValue(Limit);
                Dictionary<string, JsonNode?> given = Variables(parsed.GetRequiredValue(Templated));
                using ILanguageModel model = options.Load(parsed);
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
                            parsed.GetRequiredValue(Output),
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

    private static Dictionary<string, JsonNode?> Variables(string[] given)
    {
        Dictionary<string, JsonNode?> variables = new(StringComparer.Ordinal);
        foreach ((string name, JsonNode? value) in given.Select(Variable))
        {
            if (!variables.TryAdd(name, value))
            {
                throw new InputException($"--variable {name} is given twice; give each variable one value");
            }
        }

        return variables;
    }

    private static (string Name, JsonNode? Value) Variable(string given)
    {
        int at = given.IndexOf('=', StringComparison.Ordinal);
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
