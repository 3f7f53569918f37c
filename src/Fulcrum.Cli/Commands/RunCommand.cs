using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Studies;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum run</c>: a study from its files to its report.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        Argument<string?> path = new("STUDY")
        {
            Description = "A study's file, or the name of a built-in study. Default: embedded.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        StudyRun run = new();
        Command verb = new(
            "run",
            "Measure the base, obtain and measure each candidate, compare, report: the whole study by one command."
        )
        {
            path,
        };
        run.AddTo(verb);
        verb.SetAction(
            (parsed, cancellation) =>
                Task.Run(
                    () =>
                    {
                        string file = PathOf(parsed.GetValue(path));
                        Study study = StudyFile.ReadFile(file);
                        string home = Path.GetDirectoryName(Path.GetFullPath(file))!;
                        return run.Run(study, home, file, parsed, cancellation);
                    },
                    CancellationToken.None
                )
        );
        return verb;
    }

    /// <summary>Returns a path that exists as it is; a bare name is one of the built-in studies.</summary>
    private static string PathOf(string? named)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "studies"),
            builtIn = Path.Combine(folder, $"{named ?? "embedded"}.json");
        return named is not null && File.Exists(named) ? named
            : (named is null || Path.GetFileName(named) == named) && File.Exists(builtIn) ? builtIn
            : throw new InputException(
                $"there is no study {named ?? "embedded"}: no such file, and {Meant(named, BuiltIn(folder))}"
            );
    }

    private static string Meant(string? named, string[] builtIn) =>
        named is not null && Spelling.Nearest(Path.GetFileNameWithoutExtension(named), builtIn) is { } near
            ? $"no built-in study of that name; did you mean '{near}'?"
            : $"the built-in studies are {(builtIn.Length == 0 ? "none in this build" : string.Join(", ", builtIn))}";

    private static string[] BuiltIn(string folder) =>
        Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder, "*.json")
                    .Select(f => Path.GetFileNameWithoutExtension(f))
                    .Order(StringComparer.Ordinal),
            ]
            : [];
}
