/** Everything that a file of ts/ exports has a comment that says what it is. The compiler sees to the crate. */

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { listFiles } from './files.mjs';

/** @returns every export without a comment. */
export function checkDocs(root) {
  const broken = [];
  for (const file of listFiles(join(root, 'ts'), ['.ts'])) {
    const path = relative(root, file);
    const text = readFileSync(file, 'utf8');
    if (!text.startsWith('/**')) broken.push(`${path}: expected a comment at the top that says what the file is for`);
    // The command line exports for itself, not for others.
    if (path.startsWith('ts/cli/')) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    for (const node of source.statements) {
      const isExported =
        ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (!isExported) continue;
      // The comment at the top is the file's, not that of its first statement.
      if (ts.getJSDocCommentsAndTags(node).every((comment) => comment.getStart() === 0)) {
        broken.push(
          `${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: an export without a comment`,
        );
      }
      if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) continue;
      for (const member of node.members) {
        const hidden = member.name !== undefined && ts.isPrivateIdentifier(member.name);
        if (hidden || ts.isConstructorDeclaration(member) || member.name === undefined) continue;
        if (ts.getJSDocCommentsAndTags(member).length === 0) {
          const { line } = source.getLineAndCharacterOfPosition(member.getStart());
          broken.push(`${path}:${line + 1}: ${member.name.getText()} has no comment`);
        }
      }
    }
  }
  return broken;
}
