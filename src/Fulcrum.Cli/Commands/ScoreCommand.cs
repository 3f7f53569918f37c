using System.CommandLine;
using Fulcrum.Models;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum score</c></summary>
internal static class ScoreCommand
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
        Command verb = new("score", "Compute the log-likelihoods of continuations of prompts.") { input, output };
        options.AddTo(verb, servers: true);
        verb.SetAction(
            (parsed, cancellation) =>
            {
                using ILanguageModel model = options.Load(parsed);
                string from = parsed.GetRequiredValue(input);
                RequestProgress.Show(
                    parsed,
                    "score",
                    from,
                    tell =>
                        new RequestFiles(
                            model,
                            options.Texts(parsed),
                            () => $"score {options.Fingerprint(parsed)}",
                            tell
                        ).Score(from, parsed.GetRequiredValue(output), cancellation)
                );
                return Task.FromResult(0);
            }
        );
        return verb;
    }
}
