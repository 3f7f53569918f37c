using System.Reflection;
using System.Text.Json.Serialization;

namespace Fulcrum.Data;

/// <summary>The names of the members of an enum in files and on the command line.</summary>
/// <remarks>The enums are small and searched linearly. A dictionary for each enum would have to be compiled for its
/// type, which was a third of the start-up time of a command.</remarks>
internal static class EnumNames
{
    /// <summary>Returns the name of a member, as <see cref="JsonStringEnumMemberNameAttribute"/> gives it.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Names<T>.InOrder[Array.IndexOf(Names<T>.Members, value)];

    /// <summary>Returns all names, in the order of the declaration.</summary>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => Names<T>.InOrder;

    /// <summary>Returns all names of an enum that is known only by its type.</summary>
    public static IReadOnlyList<string> All(Type set) => Array.ConvertAll(Enum.GetNames(set), n => NameOf(set, n));

    /// <summary>Returns the member with a name.</summary>
    /// <param name="what">The option or key, for the message.</param>
    /// <exception cref="InputException">No member has the name. The message lists the names.</exception>
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
