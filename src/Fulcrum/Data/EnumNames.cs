using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Fulcrum.Data;

/// <summary>The names by which files and the command line call the members of a closed set.</summary>
internal static class EnumNames
{
    /// <summary>Returns the name of a member, as <see cref="JsonStringEnumMemberNameAttribute"/> gives it.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Names<T>.ByValue[value];

    /// <summary>Returns all names, in the order of the declaration.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => Names<T>.InOrder;

    /// <summary>Returns all names of a closed set that is known by its type only.</summary>
    public static IReadOnlyList<string> All(Type set) => [.. Enum.GetNames(set).Select(n => NameOf(set.GetField(n)!))];

    /// <summary>Returns the member with a name.</summary>
    /// <param name="what">The option or key, for the message.</param>
    /// <exception cref="InputException">No member has the name; lists the names.</exception>
    public static T Parse<T>(string name, string what)
        where T : struct, Enum =>
        Names<T>.ByName.TryGetValue(name, out T value)
            ? value
            : throw new InputException($"{what}: \"{name}\" is unknown; known are {string.Join(", ", All<T>())}");

    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> ByValue = Enum.GetValues<T>()
            .Distinct()
            .ToFrozenDictionary(v => v, NameOf);

        public static readonly FrozenDictionary<string, T> ByName = ByValue.ToFrozenDictionary(
            p => p.Value,
            p => p.Key,
            StringComparer.Ordinal
        );

        public static readonly IReadOnlyList<string> InOrder = [.. Enum.GetValues<T>().Distinct().Select(NameOf)];

        private static string NameOf(T value) => EnumNames.NameOf(typeof(T).GetField(value.ToString())!);
    }

    private static string NameOf(FieldInfo member) =>
        member.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? member.Name;
}
