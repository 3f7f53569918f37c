using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Fulcrum.Studies;

/// <summary>Reads what the XML documentation of the records says about the keys of a study.</summary>
/// <remarks>The compiler writes the documentation next to the assembly. Without that file there are no
/// descriptions.</remarks>
internal static partial class KeyDocs
{
    private static readonly Dictionary<Assembly, Dictionary<string, XElement>> Read = [];
    private static readonly Lock Gate = new();

    /// <summary>Returns what a record or a closed set is; null: not documented.</summary>
    public static string? Of(Type type) => Text(Member(type, $"T:{NameOf(type)}")?.Element("summary"));

    /// <summary>Returns what a member of a closed set means; null: not documented.</summary>
    public static string? Of(Type set, string member) =>
        Text(Member(set, $"F:{NameOf(set)}.{member}")?.Element("summary"));

    /// <summary>Returns what a property of a record means: as the parameter of the record or of a record below it,
    /// otherwise as a property. Null: not documented.</summary>
    public static string? Of(Type record, PropertyInfo property)
    {
        for (Type? type = record; type is not null && type != typeof(object); type = type.BaseType)
        {
            XElement? parameter = Member(type, $"T:{NameOf(type)}")
                ?.Elements("param")
                .FirstOrDefault(p => (string?)p.Attribute("name") == property.Name);
            if (Text(parameter) is { Length: > 0 } text)
            {
                return text;
            }
        }

        Type owner = property.DeclaringType!;
        return Text(Member(owner, $"P:{NameOf(owner)}.{property.Name}")?.Element("summary"))
            ?? Of(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);
    }

    private static XElement? Member(Type type, string name)
    {
        lock (Gate)
        {
            if (!Read.TryGetValue(type.Assembly, out Dictionary<string, XElement>? members))
            {
                Read[type.Assembly] = members = Members(type.Assembly);
            }

            return members.GetValueOrDefault(name);
        }
    }

    private static Dictionary<string, XElement> Members(Assembly assembly)
    {
        string path = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        try
        {
            return !File.Exists(path)
                ? []
                : XDocument
                    .Load(path)
                    .Descendants("member")
                    .ToDictionary(m => (string)m.Attribute("name")!, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static string? Text(XElement? element)
    {
        if (element is null)
        {
            return null;
        }

        string text = string.Concat(element.Nodes().Select(Text));
        return Space().Replace(text, " ").Trim();
    }

    private static string Text(XNode node) =>
        node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "paramref" } key =>
                $"`{JsonNamingPolicy.CamelCase.ConvertName((string?)key.Attribute("name") ?? "")}`",
            XElement { Name.LocalName: "see" } see => $"`{((string?)see.Attribute("cref") ?? "").Split('.')[^1]}`",
            XElement other => string.Concat(other.Nodes().Select(Text)),
            _ => "",
        };

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Space();
}
