using System.Reflection;
using System.Reflection.Emit;
using Fulcrum.Runs;
using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The table of <c>docs/architecture.md</c>, held against the compiled types.</summary>
public sealed class LayerTests
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.Public
        | BindingFlags.NonPublic;

    // From low to high: a folder may use those before it.
    private static readonly string[] Order =
    [
        "Statistics",
        "Sandbox",
        "Data",
        "Models",
        "Observability",
        "Tasks",
        "Studies",
        "Comparisons",
        "Tracing",
        "Guards",
        "Runs",
    ];

    // What is not mended yet, and why.
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["Models → Tasks"] = "PromptEncoding turns a task's questions into requests; they are a part of the seam",
        ["Comparisons → Guards"] = "a comparison carries the results of the guards, which are records of texts",
    };

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(c => c.Value);

    [Fact]
    public void Folders_use_only_folders_below_them()
    {
        string[] upward =
        [
            .. from type in typeof(Experiment).Assembly.GetTypes()
            let folder = FolderOf(type)
            where folder is not null
            from used in UsedBy(type).Select(FolderOf).OfType<string>().Distinct()
            where Array.IndexOf(Order, used) > Array.IndexOf(Order, folder)
            where !Exceptions.ContainsKey($"{folder} → {used}")
            select $"{folder} → {used} ({type})",
        ];

        Assert.Empty(upward);
    }

    [Fact]
    public void Every_folder_is_in_the_order()
    {
        string[] unknown =
        [
            .. typeof(Experiment)
                .Assembly.GetTypes()
                .Select(FolderOf)
                .OfType<string>()
                .Distinct()
                .Where(f => !Order.Contains(f)),
        ];

        Assert.Empty(unknown);
    }

    [Fact]
    public void Projects_use_only_projects_below_them()
    {
        Assert.Equal("", Projects(typeof(Tokenizer).Assembly));
        Assert.Equal("Fulcrum.Text", Projects(typeof(Experiment).Assembly));
        Assert.Equal("Fulcrum Fulcrum.Text", Projects(typeof(Report.ReportFiles).Assembly));
    }

    private static string Projects(Assembly assembly) =>
        string.Join(
            ' ',
            assembly
                .GetReferencedAssemblies()
                .Select(a => a.Name!)
                .Where(n => n.StartsWith("Fulcrum", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );

    private static string? FolderOf(Type type) =>
        type.Assembly == typeof(Experiment).Assembly && type.Namespace?.Split('.') is ["Fulcrum", var folder, ..]
            ? folder
            : null;

    private static IEnumerable<Type> UsedBy(Type type)
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
