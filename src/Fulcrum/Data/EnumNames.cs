using System.Reflection;
using System.Text.Json.Serialization;

namespace Fulcrum.Data;

/// <summary>The names by which files and the command line call the members of a closed set.</summary>
/// <remarks>The sets are small and searched one member after the other. A dictionary for each set would have to be
/// compiled for its type, which made up a third of the time that a command needs to start.</remarks>
internal static class EnumNames
{
    /// <summary>Returns the name of a member, as <see cref="JsonStringEnumMemberNameAttribute"/> gives it.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Names<T>.InOrder[Array.IndexOf(Names<T>.Members, value)];

    /// <summary>Returns all names, in the order of the declaration.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => Names<T>.InOrder;

    /// <summary>Returns all names of a closed set that is known by its type only.</summary>
    public static IReadOnlyList<string> All(Type set) => Array.ConvertAll(Enum.GetNames(set), n => NameOf(set, n));

    /// <summary>Returns the member with a name.</summary>
    /// <param name="what">The option or key, for the message.</param>
    /// <exception cref="InputException">No member has the name; lists the names.</exception>
    public static T Parse<T>(string name, string what)
        where T : struct, Enum =>
        Array.IndexOf(Names<T>.InOrder, name) is >= 0 and int index
            ? Names<T>.Members[index]
            : throw new InputException($"{what}: \"{name}\" is unknown; known are {string.Join(", ", All<T>())}");

    private static string NameOf(Type set, string member)
    {
        MemberInfo field = set.GetField(member)!;
        return field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? member;
    }

    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly T[] Members = Enum.GetValues<T>();

        public static readonly string[] InOrder = Array.ConvertAll(Enum.GetNames<T>(), n => NameOf(typeof(T), n));
    }
}
