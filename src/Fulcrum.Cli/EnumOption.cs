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
        IReadOnlyList<string> names = EnumNames.All<T>();
        Option<T> option = new(name)
        {
            Description = $"{description} {string.Join(", ", names)}.",
            DefaultValueFactory = _ => defaultValue,
            HelpName = string.Join('|', names),
            CustomParser = result => Parsed<T>(name, result),
        };
        option.CompletionSources.Clear(); // the names of the members in C#
        option.CompletionSources.Add(_ => names.Select(n => new System.CommandLine.Completions.CompletionItem(n)));
        return option;
    }

    private static T Parsed<T>(string name, System.CommandLine.Parsing.ArgumentResult result)
        where T : struct, Enum
    {
        string given = result.Tokens[^1].Value;
        if (EnumNames.All<T>().Contains(given))
        {
            return EnumNames.Parse<T>(given, name);
        }

        result.AddError($"{name}: \"{given}\" is unknown; known are {string.Join(", ", EnumNames.All<T>())}");
        return default;
    }
}
