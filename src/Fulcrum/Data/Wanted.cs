namespace Fulcrum.Data;

/// <summary>Checks of values that a file or a caller gives.</summary>
public static class Wanted
{
    /// <summary>Throws unless a condition on a value holds.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="source">The file, for the message; empty if the value comes from code.</param>
    /// <param name="key">The key or parameter, for the message.</param>
    /// <param name="value">The value, for the message.</param>
    /// <param name="wanted">The allowed values, in words.</param>
    /// <exception cref="InputException">The condition is false. The message names source, key and value.</exception>
    public static void That(bool holds, string source, string key, object? value, string wanted)
    {
        if (!holds)
        {
            string place = source.Length > 0 ? $"{source}: " : "";
            throw new InputException($"{place}{key} is {value ?? "null"}; wanted: {wanted}");
        }
    }
}
