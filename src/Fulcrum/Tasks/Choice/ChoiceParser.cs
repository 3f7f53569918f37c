using System.Text.RegularExpressions;
using Fulcrum.Tasks.Writing;

namespace Fulcrum.Tasks.Choice;

/// <summary>Finds the chosen option in what a model wrote; rules in their order, the first that finds something
/// decides.</summary>
/// <remarks>Described in <c>docs/method.md</c>; its version goes into the protocol.</remarks>
public static partial class ChoiceParser
{
    /// <summary>Changes with the rules.</summary>
    public const string Version = "1";

    /// <summary>The place, as shown, of the chosen option; null where the text is no choice.</summary>
    public static int? Choice(string text, IReadOnlyList<string> options)
    {
        int? Known(Match match) =>
            match.Success && match.Groups[1].ValueSpan[0] - 'A' is var place && place < options.Count ? place : null;
        return Known(Leading().Match(text)) ?? Known(Announced().Match(text)) ?? Named(text, options);
    }

    /// <summary>The one option whose words occur in the text.</summary>
    private static int? Named(string text, IReadOnlyList<string> options)
    {
        string written = $" {TextMatching.Words(text)} ";
        int[] named =
        [
            .. Enumerable
                .Range(0, options.Count)
                .Where(i =>
                    TextMatching.Words(options[i]) is { Length: > 0 } words
                    && written.Contains($" {words} ", StringComparison.Ordinal)
                ),
        ];
        return named is [int only] ? only : null;
    }

    // A letter by itself at the beginning: "B", "B.", "(B)", "**B**:"; not "A dog".
    [GeneratedRegex(@"\A[\s""'(\[*]*([A-Z])(?=[.):,;\]*""']|\s*(?:\n|\z))", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Leading();

    // "the answer is B", "Answer: (B)", "option C".
    [GeneratedRegex(
        @"\b(?:[Aa]nswer(?:\s+is)?|[Oo]ption|[Cc]hoice)\s*:?\s*[(\[*""']*([A-Z])(?![A-Za-z0-9])(?!\s+[a-z])",
        RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Announced();
}
