using System.Reflection;
using System.Reflection.Emit;

namespace Fulcrum.Tests;

/// <summary>Which folders of an assembly use which, read from the compiled types.</summary>
internal static class FolderGraph
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.Public
        | BindingFlags.NonPublic;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(c => c.Value);

    /// <summary>Returns a circle of folders, such as <c>A → B → A</c>; empty if there is none.</summary>
    /// <param name="root">The namespace of the project. Types in it are a folder of their own.</param>
    public static string Circle(Assembly assembly, string root)
    {
        ILookup<string, string> uses = assembly
            .GetTypes()
            .SelectMany(t =>
                FolderOf(t, root) is { } folder
                    ? UsedBy(t)
                        .Where(u => u.Assembly == assembly)
                        .Select(u => FolderOf(u, root))
                        .OfType<string>()
                        .Where(u => u != folder)
                        .Distinct()
                        .Select(u => (Folder: folder, Used: u, By: t))
                    : []
            )
            .Distinct()
            .ToLookup(e => e.Folder, e => e.Used);
        foreach (string start in uses.Select(u => u.Key))
        {
            if (Way(start, start, uses, []) is { } way)
            {
                return string.Join(" → ", way.Prepend(start));
            }
        }

        return "";
    }

    private static IReadOnlyList<string>? Way(
        string from,
        string to,
        ILookup<string, string> uses,
        HashSet<string> seen
    )
    {
        foreach (string next in uses[from].Distinct())
        {
            if (next == to)
            {
                return [next];
            }

            if (seen.Add(next) && Way(next, to, uses, seen) is { } rest)
            {
                return [next, .. rest];
            }
        }

        return null;
    }

    // The first part of the namespace after the project's; the project's own namespace is called "(root)".
    private static string? FolderOf(Type type, string root) =>
        type.Namespace is not { } name || !(name == root || name.StartsWith(root + ".", StringComparison.Ordinal))
            ? null
        : name == root ? "(root)"
        : name[(root.Length + 1)..].Split('.')[0];

    /// <summary>Returns the types that a type's members and their code use.</summary>
    public static IEnumerable<Type> UsedBy(Type type)
    {
        IEnumerable<Type?> members =
        [
            type.BaseType,
            .. type.GetInterfaces(),
            .. type.GetFields(Declared).Select(f => f.FieldType),
            .. type.GetMethods(Declared).Select(m => m.ReturnType),
            .. type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)).SelectMany(UsedBy),
        ];
        return members.OfType<Type>().SelectMany(Parts).Distinct();
    }

    private static IEnumerable<Type> UsedBy(MethodBase method)
    {
        MethodBody? body = method.GetMethodBody();
        return
        [
            .. method.GetParameters().Select(p => p.ParameterType),
            .. body?.LocalVariables.Select(v => v.LocalType) ?? [],
            .. body?.GetILAsByteArray() is { } code ? Operands(code, method) : [],
        ];
    }

    private static IEnumerable<Type> Operands(byte[] code, MethodBase method)
    {
        Type[] ofType = method.DeclaringType!.GetGenericArguments(),
            ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (int at = 0; at < code.Length; )
        {
            OpCode op = code[at] == 0xfe ? Codes[(short)(0xfe00 | code[at + 1])] : Codes[code[at]];
            at += op.Size;
            if (
                op.OperandType
                is OperandType.InlineMethod
                    or OperandType.InlineField
                    or OperandType.InlineType
                    or OperandType.InlineTok
            )
            {
                MemberInfo? used = method.Module.ResolveMember(BitConverter.ToInt32(code, at), ofType, ofMethod);
                yield return used as Type ?? used!.DeclaringType!;
            }

            at += Length(op.OperandType, code, at);
        }
    }

    private static int Length(OperandType operand, byte[] code, int at) =>
        operand switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
            _ => 4,
        };

    // A generic type with its arguments; an array with its elements.
    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type)
        : [type];
}
