using System.Text.RegularExpressions;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>One token beside a possible sentence end, and what is known of it so far.</summary>
internal sealed partial class PunktToken
{
    /// <summary>The type of every number.</summary>
    public const string Number = "##number##";

    private PunktToken(string text)
    {
        Text = text;
        Type = Numeric().Replace(PythonText.Lower(text), Number);
        Initial = Letter().IsMatch(text);
        Ellipsis = text.Length > 1 && text.All(c => c == '.');
    }

    /// <summary>The token as written.</summary>
    public string Text { get; }

    /// <summary>The token in lower case, numbers unified.</summary>
    public string Type { get; }

    /// <summary>The type without its final full stop.</summary>
    public string TypeWithoutStop => Type.Length > 1 && Type[^1] == '.' ? Type[..^1] : Type;

    /// <summary>Whether the token is one letter with a full stop.</summary>
    public bool Initial { get; }

    /// <summary>Whether the token is two or more full stops.</summary>
    public bool Ellipsis { get; }

    /// <summary>Whether the token ends a sentence.</summary>
    public bool Ends { get; set; }

    /// <summary>Whether the token is an abbreviation.</summary>
    public bool Abbreviated { get; set; }

    /// <summary>Classifies a token by itself, without its neighbours.</summary>
    public static PunktToken Of(string text, PunktParameters known)
    {
        PunktToken token = new(text);
        if (text is "." or "?" or "!")
        {
            token.Ends = true;
        }
        else if (!token.Ellipsis && text.EndsWith('.') && !text.EndsWith("..", StringComparison.Ordinal))
        {
            string word = PythonText.Lower(text[..^1]);
            token.Abbreviated =
                known.Abbreviations.Contains(word) || known.Abbreviations.Contains(word[(word.LastIndexOf('-') + 1)..]);
            token.Ends = !token.Abbreviated;
        }

        return token;
    }

    [GeneratedRegex(@"^-?[.,]?\d[\d,.\-]*\.?$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Numeric();

    [GeneratedRegex(@"^[\p{L}_]\.$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Letter();
}
