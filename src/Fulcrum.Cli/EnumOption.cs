using System.CommandLine;
using Fulcrum.Data;

namespace Fulcrum.Cli;

/// <summary>Options whose values are the names of an enum.</summary>
internal static class EnumOption
{
    /// <summary>Returns an option that accepts the names of <typeparamref name="T"/>; the first member is the default.
    /// </summary>
    public static Option<T> Of<T>(string name, string description)
        where T : struct, Enum => Of(name, description, default(T));

    /// <summary>Returns the same with another default.</summary>
    public static Option<T> Of<T>(string name, string description, T defaultValue)
        where T : struct, Enum
    {
        Option<T> option = new(name)
        {
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result => Parsed<T>(name, result.Tokens[^1].Value, result),
        };
        Describe<T>(option, description);
        return option;
    }

    /// <summary>Returns an option that accepts one name or several.</summary>
    public static Option<T[]> Several<T>(string name, string description, params T[] defaultValues)
        where T : struct, Enum
    {
        Option<T[]> option = new(name)
        {
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => defaultValues,
            CustomParser = result => [.. result.Tokens.Select(t => Parsed<T>(name, t.Value, result))],
        };
        Describe<T>(option, description);
        return option;
    }

    private static void Describe<T>(Option option, string description)
        where T : struct, Enum
    {
        IReadOnlyList<string> names = EnumNames.All<T>();
        option.Description = $"{description} {string.Join(", ", names)}.";
        option.HelpName = string.Join('|', names);
        option.CompletionSources.Clear(); // the names of the members in C#
        option.CompletionSources.Add(_ => names.Select(n => new System.CommandLine.Completions.CompletionItem(n)));
    }

    private static T Parsed<T>(string name, string given, System.CommandLine.Parsing.ArgumentResult result)
        where T : struct, Enum
    {
        if (EnumNames.All<T>().Contains(given))
        {
            return EnumNames.Parse<T>(given, name);
        }

        result.AddError($"{name}: \"{given}\" is unknown; known are {string.Join(", ", EnumNames.All<T>())}");
        return default;
    }
}
