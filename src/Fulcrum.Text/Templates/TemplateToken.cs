namespace Fulcrum.Templates;

/// <summary>The kinds of tokens of a template.</summary>
internal enum TemplateTokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>One token and the line, from 1, on which it starts.</summary>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Line)
{
    public bool Is(string operatorText) => Kind == TemplateTokenKind.Operator && Text == operatorText;

    public bool IsName(string name) => Kind == TemplateTokenKind.Name && Text == name;
}

/// <summary>How white space around blocks is treated.</summary>
internal enum TemplateSpacing
{
    /// <summary>As in chat templates (<c>trim_blocks</c> and <c>lstrip_blocks</c> on): a line with only a block writes
    /// nothing, and one line break at the very end is dropped.</summary>
    Trimmed,

    /// <summary>Jinja's default, but with <c>keep_trailing_newline</c>: all white space is kept.</summary>
    Kept,
}
