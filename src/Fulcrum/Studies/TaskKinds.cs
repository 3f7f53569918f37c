using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Harness;

namespace Fulcrum.Studies;

/// <summary>The kinds of tasks that studies may name. Programs that embed the library add their own.</summary>
public static class TaskKinds
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, Type> Added = new(StringComparer.Ordinal);
    private static JsonSerializerOptions options = StudyJson.Default.Options;

    /// <summary>Adds a kind, so that studies with it can be read and printed. Call it once, before a study is
    /// read.</summary>
    /// <typeparam name="TPlan">A record whose constructor takes every key of the kind.</typeparam>
    /// <param name="kind">The value of <c>kind</c> in a study file.</param>
    /// <exception cref="InputException">Another kind has the name.</exception>
    public static void Add<TPlan>(string kind)
        where TPlan : TaskPlan
    {
        lock (Gate)
        {
            JsonDerivedType? known = Kinds(options).FirstOrDefault(d => kind.Equals(d.TypeDiscriminator));
            if (known is { DerivedType: { } type } && type != typeof(TPlan))
            {
                throw new InputException($"the kind of task \"{kind}\" exists already: {type.Name}");
            }

            Added[kind] = typeof(TPlan);
            options = new JsonSerializerOptions(StudyJson.Default.Options)
            {
                TypeInfoResolver = JsonTypeInfoResolver
                    .Combine(StudyJson.Default, new DefaultJsonTypeInfoResolver())
                    .WithAddedModifier(AddKinds([.. Added])),
            };
            options.MakeReadOnly();
        }
    }

    /// <summary>Keys that tell the built-in task <c>mmlu</c> from the kind of that name.</summary>
    internal static readonly IReadOnlySet<string> KeysOfBuiltIn = new HashSet<string>
    {
        "chatTemplate",
        "fewshotAsTurns",
        "system",
    };

    /// <summary>Returns whether a task's kind is the name of a built-in task.</summary>
    /// <param name="withKeys">Whether the task has one of <see cref="KeysOfBuiltIn"/>.</param>
    internal static bool IsBuiltIn(string kind, bool withKeys)
    {
        lock (Gate)
        {
            return HarnessPlan.Has(kind) && (withKeys || !Kinds(options).Any(d => kind.Equals(d.TypeDiscriminator)));
        }
    }

    /// <summary>Returns the kind of a task as a study file names it; of a built-in task its name.</summary>
    internal static string NameOf(TaskPlan plan)
    {
        lock (Gate)
        {
            return plan is HarnessPlan { BuiltIn: { } builtIn }
                ? builtIn
                : $"{Kinds(options).First(d => d.DerivedType == plan.GetType()).TypeDiscriminator}";
        }
    }

    /// <summary>Returns how a type of a study is read and printed, with the kinds that were added.</summary>
    internal static JsonTypeInfo<T> TypeInfo<T>()
    {
        lock (Gate)
        {
            return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        }
    }

    /// <summary>Returns whether a task may be of a kind: one of the library, an added one, or a built-in
    /// task.</summary>
    internal static bool Has(string kind)
    {
        lock (Gate)
        {
            return HarnessPlan.Has(kind) || Kinds(options).Any(d => kind.Equals(d.TypeDiscriminator));
        }
    }

    private static IList<JsonDerivedType> Kinds(JsonSerializerOptions options) =>
        options.GetTypeInfo(typeof(TaskPlan)).PolymorphismOptions!.DerivedTypes;

    private static Action<JsonTypeInfo> AddKinds(KeyValuePair<string, Type>[] kinds) =>
        info =>
        {
            if (info.Type == typeof(TaskPlan))
            {
                Array.ForEach(
                    kinds,
                    k => info.PolymorphismOptions!.DerivedTypes.Add(new JsonDerivedType(k.Value, k.Key))
                );
            }
        };
}
