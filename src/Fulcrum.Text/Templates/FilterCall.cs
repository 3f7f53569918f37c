using static Fulcrum.Templates.TemplateValues;

namespace Fulcrum.Templates;

/// <summary>A filter's name and arguments.</summary>
internal sealed record FilterCall(
    string Name,
    IReadOnlyList<object?> Positional,
    IReadOnlyDictionary<string, object?> Named,
    int Line
)
{
    /// <summary>Returns an argument by position or name.</summary>
    /// <param name="missing">The result if there is no such argument.</param>
    public object? Argument(int place, string key, object? missing = null) =>
        Positional.Count > place ? Positional[place] : Named.GetValueOrDefault(key, missing);

    /// <summary>Returns whether an argument is given and true.</summary>
    public bool Flag(int place, string key) => IsTrue(Argument(place, key, false));

    /// <summary>Returns an argument as a text.</summary>
    public string TextArgument(int place, string key, object? missing = null) => Text(Argument(place, key, missing));

    /// <summary>Returns an argument as a whole number.</summary>
    /// <exception cref="InvalidCastException">The argument is no whole number of 64 bits.</exception>
    public long WholeArgument(int place, string key, object? missing = null) => Whole(Argument(place, key, missing));

    /// <summary>Returns the value.</summary>
    /// <exception cref="InputException">The value is undefined.</exception>
    public object? Defined(object? value) => TemplateOperators.Defined(value, Line);

    /// <summary>Returns an error that names the line of the call.</summary>
    public InputException Error(string what) => TemplateText.Error(Line, what);
}
