using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Data;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;

namespace Fulcrum.Studies;

/// <summary>Writes the JSON schema of study files from the records that they fill, so that editors complete and check
/// them.</summary>
/// <remarks>It walks the same types as <see cref="StudyShape"/>, which reads the files: a new key of a record is in
/// both.
/// Form: JSON Schema 2020-12.</remarks>
internal sealed class StudySchema
{
    /// <summary>The key by which a study file names its schema.</summary>
    public const string Key = "$schema";

    private readonly SortedDictionary<string, JsonObject?> definitions = new(StringComparer.Ordinal);

    /// <summary>Returns the schema of a study file.</summary>
    public static JsonObject Build()
    {
        StudySchema schema = new();
        JsonTypeInfo study = TaskKinds.TypeInfo<Study>();
        JsonObject root = schema.Record(study, null);
        root["properties"]!.AsObject().Insert(0, Key, new JsonObject { ["type"] = "string" });
        JsonObject whole = new()
        {
            [Key] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Fulcrum study",
        };
        root.ToList().ForEach(p => whole[p.Key] = p.Value?.DeepClone());
        whole["$defs"] = new JsonObject(schema.definitions.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value)));
        return whole;
    }

    private JsonNode Node(JsonTypeInfo type, bool mayBeNull)
    {
        JsonNode node = Node(type);
        return !mayBeNull || node is not JsonObject shape ? node
            : shape["type"] is JsonValue simple && shape.Count == 1
                ? new JsonObject { ["type"] = new JsonArray(simple.DeepClone(), "null") }
            : AnyOf(shape, new JsonObject { ["type"] = "null" });
    }

    private JsonNode Node(JsonTypeInfo type)
    {
        Type bare = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        return bare == typeof(JsonElement) ? true
            : bare == typeof(BasePlan) ? AnyOf(Simple("string"), Reference(type))
            : bare == typeof(GeneralPlan) ? AnyOf(Node(Of(type, typeof(Preset))), Reference(type))
            : bare.IsEnum ? Define(bare, () => ClosedSet(bare))
            : type.Kind switch
            {
                JsonTypeInfoKind.Object => Reference(type),
                JsonTypeInfoKind.Dictionary => new JsonObject
                {
                    ["type"] = "object",
                    ["additionalProperties"] = Node(Of(type, type.ElementType!)),
                },
                JsonTypeInfoKind.Enumerable => new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = Node(Of(type, type.ElementType!)),
                },
                _ => Simple(NameOf(bare)),
            };
    }

    private JsonObject Reference(JsonTypeInfo type) =>
        Define(type.Type, () => type.PolymorphismOptions is { } kinds ? Kinds(type, kinds) : Record(type, null));

    private JsonObject Define(Type type, Func<JsonObject> shape)
    {
        string name = JsonNamingPolicy.CamelCase.ConvertName(type.Name);
        if (definitions.TryAdd(name, null))
        {
            definitions[name] = shape();
        }

        return new JsonObject { ["$ref"] = $"#/$defs/{name}" };
    }

    /// <param name="kind">The key that says which kind the record is of; null: it has no kinds.</param>
    private JsonObject Record(JsonTypeInfo type, string? kind)
    {
        Dictionary<string, JsonPropertyInfo> keys = StudyKeys.Of(type);
        JsonObject properties = [];
        if (kind is not null)
        {
            properties[kind] = Simple("string");
        }

        foreach ((string name, JsonPropertyInfo key) in keys)
        {
            properties[name] = Property(type, key);
        }

        if (keys.ContainsKey("file") && !keys.ContainsKey("data"))
        {
            properties["data"] = new JsonObject
            {
                ["type"] = new JsonArray("string", "null"),
                ["description"] = "Another name of `file`.",
            };
        }

        JsonObject record = new() { ["type"] = "object", ["properties"] = properties };
        string[] required = [.. keys.Where(k => StudyKeys.IsRequired(k.Value)).Select(k => k.Key)];
        if (required.Length > 0)
        {
            record["required"] = new JsonArray([.. required.Select(r => (JsonNode)r)]);
        }

        record["additionalProperties"] = false;
        return Described(record, KeyDocs.Of(type.Type));
    }

    private JsonObject Property(JsonTypeInfo record, JsonPropertyInfo key)
    {
        JsonParameterInfo parameter = key.AssociatedParameter!;
        JsonNode node = Node(Of(record, key.PropertyType), parameter.IsNullable);
        JsonObject property = node as JsonObject ?? [];
        if (parameter is { HasDefaultValue: true, DefaultValue: { } value })
        {
            property["default"] = JsonSerializer.SerializeToNode(value, Of(record, key.PropertyType));
        }

        PropertyInfo? member = record.Type.GetProperty(
            parameter.Name,
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase
        );
        return Described(property, member is null ? null : KeyDocs.Of(record.Type, member));
    }

    private JsonObject Kinds(JsonTypeInfo type, JsonPolymorphismOptions options)
    {
        string key = options.TypeDiscriminatorPropertyName;
        JsonObject builtIn = Define(typeof(HarnessPlan), () => Record(Of(type, typeof(HarnessPlan)), key));
        JsonArray branches = [];
        List<string> names = [];
        foreach (
            (Type plan, string kind) in options.DerivedTypes.Select(d => (d.DerivedType, $"{d.TypeDiscriminator}"))
        )
        {
            JsonObject own = Define(plan, () => Record(Of(type, plan), key));
            names.Add(kind);
            branches.Add(Branch(key, [kind], HarnessPlan.Has(kind) ? AnyOf(own, builtIn.DeepClone()) : own));
        }

        string[] others = [.. HarnessPlan.Names.Where(n => !names.Contains(n))];
        branches.Add(Branch(key, others, builtIn.DeepClone()));
        return Described(
            new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { [key] = OneOf([.. names, .. others]) },
                ["required"] = new JsonArray(key),
                ["allOf"] = branches,
            },
            KeyDocs.Of(type.Type)
        );
    }

    private static JsonObject Branch(string key, IEnumerable<string> kinds, JsonNode then) =>
        new()
        {
            ["if"] = new JsonObject { ["properties"] = new JsonObject { [key] = OneOf(kinds) } },
            ["then"] = then,
        };

    private static JsonObject ClosedSet(Type set) =>
        new()
        {
            ["oneOf"] = new JsonArray([
                .. Enum.GetNames(set)
                    .Zip(EnumNames.All(set))
                    .Select(m =>
                        (JsonNode)Described(new JsonObject { ["const"] = m.Second }, KeyDocs.Of(set, m.First))
                    ),
            ]),
        };

    private static JsonObject OneOf(IEnumerable<string> names) =>
        new() { ["enum"] = new JsonArray([.. names.Select(n => (JsonNode)n)]) };

    private static JsonObject AnyOf(params JsonNode[] shapes) => new() { ["anyOf"] = new JsonArray(shapes) };

    private static JsonObject Simple(string type) => new() { ["type"] = type };

    private static JsonObject Described(JsonObject shape, string? text)
    {
        if (text is { Length: > 0 })
        {
            shape["description"] = text;
        }

        return shape;
    }

    private static string NameOf(Type type) =>
        Type.GetTypeCode(type) switch
        {
            TypeCode.Int32 or TypeCode.Int64 => "integer",
            TypeCode.Double => "number",
            TypeCode.Boolean => "boolean",
            _ => "string",
        };

    private static JsonTypeInfo Of(JsonTypeInfo near, Type type) => near.Options.GetTypeInfo(type);
}
