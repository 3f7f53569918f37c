using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fulcrum.Patterns;

namespace Fulcrum.Tasks.Grading.Ifeval;

/// <summary>The parameters of one instruction; null and 0 count as missing.</summary>
internal sealed class IfevalParameters(string kind, JsonObject values)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>What is unusual about the parameters read so far; null: nothing.</summary>
    public string? Note { get; private set; }

    /// <summary>Returns a text that is not empty.</summary>
    /// <exception cref="InputException">The parameter is missing or no text.</exception>
    public string Text(string name) =>
        values[name] is JsonValue v && v.TryGetValue(out string? text) && text.Length > 0
            ? text
            : throw Missing(name, "a text");

    /// <summary>Returns a whole number above 0.</summary>
    /// <exception cref="InputException">The parameter is missing or no such number.</exception>
    public int Count(string name) =>
        values[name] is JsonValue v
        && v.TryGetValue(out double number)
        && number is > 0 and <= int.MaxValue
        && number == Math.Floor(number)
            ? (int)number
            : throw Missing(name, "a whole number above 0");

    /// <summary>Returns a list of texts that is not empty.</summary>
    /// <exception cref="InputException">The parameter is missing or no such list.</exception>
    public string[] Texts(string name)
    {
        bool fits =
            values[name] is JsonArray { Count: > 0 } list
            && list.All(v => v is JsonValue j && j.TryGetValue(out string? _));
        return fits
            ? [.. values[name]!.AsArray().Select(v => v!.GetValue<string>())]
            : throw Missing(name, "a list of texts");
    }

    /// <summary>Returns the comparison of a count with a parameter: <c>less than</c> is &lt;, <c>at least</c> is
    /// ≥.</summary>
    /// <exception cref="InputException">A parameter is missing, or the relation is another one.</exception>
    public Func<int, bool> Relation(string relation, string number)
    {
        int limit = Count(number);
        return Text(relation) switch
        {
            "less than" => n => n < limit,
            "at least" => n => n >= limit,
            string other => throw new InputException(
                $"{kind}: '{relation}' is '{other}', not 'less than' or 'at least'"
            ),
        };
    }

    /// <summary>Returns the character to count, in lower case.</summary>
    /// <exception cref="InputException">The parameter is missing or longer than one character.</exception>
    public string Letter(string name)
    {
        string letter = PythonText.Lower(PythonText.Strip(Text(name)));
        if (letter.EnumerateRunes().Count() != 1)
        {
            throw Missing(name, "one character");
        }

        Note = char.IsAsciiLetter(letter[0])
            ? Note
            : string.Create(CultureInfo.InvariantCulture, $"'{letter}' is no letter a to z; it was counted as it is");
        return letter;
    }

    /// <summary>Compiles a pattern from parameters; it runs with a time limit.</summary>
    /// <exception cref="InputException">It is no pattern.</exception>
    public PythonPattern Pattern(string pattern, RegexOptions options = RegexOptions.None)
    {
        try
        {
            return new PythonPattern(pattern, options, Limit);
        }
        catch (InputException e)
        {
            throw new InputException($"{kind}: {e.Message}", e);
        }
    }

    private InputException Missing(string name, string expected) =>
        new($"{kind}: the parameter '{name}' must be {expected}; it is {values[name]?.ToJsonString() ?? "missing"}");
}
