using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Fulcrum.Data;
using Fulcrum.Studies;

namespace Fulcrum.Cli;

/// <summary>A command line that was not understood, in one sentence: what is wrong, and what was probably
/// meant.</summary>
internal static partial class Usage
{
    /// <summary>The sentence; null where the command line is understood.</summary>
    public static string? Complaint(ParseResult parsed)
    {
        Command verb = parsed.CommandResult.Command;
        string[] values =
        [
            .. parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value),
        ];
        string[] stray =
        [
            .. values.Concat(parsed.UnmatchedTokens).Where(v => v.StartsWith("--", StringComparison.Ordinal)),
        ];
        return stray.Length > 0 ? Unknown("option", stray[0], Options(parsed.CommandResult))
            : Empty(parsed.CommandResult) is { } empty ? $"{empty} is empty; give it a value, or leave it out"
            : parsed.Errors.Count == 0 ? null
            : verb.Subcommands.Count == 0 ? string.Join("; ", parsed.Errors.Select(Sentence))
            : parsed.UnmatchedTokens.Count > 0
                ? Unknown("verb", parsed.UnmatchedTokens[0], verb.Subcommands.Select(v => v.Name))
            : $"no verb was given; there are {string.Join(", ", verb.Subcommands.Select(v => v.Name))}";
    }

    // Returns the name of an option or an argument with an empty value, as a shell's unset variable gives it; null for
    // none. Further options of a cluster may be none.
    private static string? Empty(CommandResult verb) =>
        verb
            .Children.Where(c => c.Tokens.Any(t => t.Value.Length == 0))
            .Select(c =>
                c switch
                {
                    OptionResult option => option.Option.Name,
                    ArgumentResult argument => argument.Argument.Name,
                    _ => null,
                }
            )
            .FirstOrDefault(name => name is not (null or "--sbatch"));

    private static string Unknown(string what, string word, IEnumerable<string> known) =>
        $"there is no {what} '{word}'; "
        + (
            Spelling.Nearest(word, known) is { } near
                ? $"did you mean '{near}'?"
                : $"there are {string.Join(", ", known)}"
        );

    // A verb takes its own options, and those of the verbs above it that are meant for all.
    private static IEnumerable<string> Options(CommandResult verb) =>
        verb
            .Command.Options.Concat(Above(verb).SelectMany(v => v.Command.Options).Where(o => o.Recursive))
            .Select(o => o.Name)
            .Distinct();

    private static IEnumerable<CommandResult> Above(CommandResult verb) =>
        verb.Parent is CommandResult parent ? Above(parent).Prepend(parent) : [];

    private static string Sentence(ParseError error)
    {
        string option = error.SymbolResult is OptionResult { Option.Name: var name } ? name + ": " : "";
        return Choice().Match(error.Message) is not { Success: true } choice
            ? error.Message.ReplaceLineEndings(" ").TrimEnd('.')
            : $"{option}'{choice.Groups[1].Value}' is none "
                + $"of {string.Join(", ", choice.Groups[2].Captures.Select(c => c.Value))}";
    }

    [GeneratedRegex(
        @"\AArgument '(.*)' not recognized\. Must be one of:(?:\s+'([^']*)')+\s*\z",
        RegexOptions.Singleline,
        1000
    )]
    private static partial Regex Choice();
}
