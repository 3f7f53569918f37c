namespace Fulcrum.Data;

/// <summary>Checks of values that a file or a caller gives.</summary>
public static class Wanted
{
    /// <summary>Throws unless a value is as wanted.</summary>
    /// <param name="source">The file, for the message; empty where the value comes from code.</param>
    /// <param name="wanted">The values that are allowed, in words.</param>
    /// <exception cref="InputException"><paramref name="holds"/> is false; names source, key and value.</exception>
    public static void That(bool holds, string source, string key, object? value, string wanted)
    {
        if (!holds)
        {
            string place = source.Length > 0 ? $"{source}: " : "";
            throw new InputException($"{place}{key} is {value ?? "null"}; wanted: {wanted}");
        }
    }
}
